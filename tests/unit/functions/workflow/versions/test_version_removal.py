from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from model_packager.names.endpoint import resource_name, shadow_config_name
from tests.unit.functions.request_count import counted
from tests.unit.functions.samples import ARTIFACTS, CONFIG, ENDPOINT, OLDER, VERSION
from workflow.aws.clients import s3
from workflow.versions.version_removal import remove_version

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sagemaker import SageMakerClient

OLDER_CONFIG = resource_name(ENDPOINT, OLDER)
KEPT = {
    f"resnet/{OLDER}/model.tar.gz",
    f"vgg/{VERSION}/model.tar.gz",
    f"resnet/{VERSION}x/model.tar.gz",
}


@pytest.fixture
def two_versions(
    buckets: None, sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    create_config(CONFIG)
    create_config(OLDER_CONFIG)
    own = {f"resnet/{VERSION}/claim.json", f"resnet/{VERSION}/model.tar.gz"}
    for key in own | KEPT:
        s3().put_object(Bucket=ARTIFACTS, Key=key, Body=b"")


def remaining(sagemaker: SageMakerClient) -> tuple[list[str], list[str], set[str]]:
    return (
        [
            each["EndpointConfigName"]
            for each in sagemaker.list_endpoint_configs()["EndpointConfigs"]
        ],
        [each["ModelName"] for each in sagemaker.list_models()["Models"]],
        {each["Key"] for each in s3().list_objects_v2(Bucket=ARTIFACTS)["Contents"]},
    )


def test_only_the_version_is_removed(two_versions: None, sagemaker: SageMakerClient) -> None:
    remove_version(ARTIFACTS, "resnet", ENDPOINT, VERSION)
    assert remaining(sagemaker) == ([OLDER_CONFIG], [OLDER_CONFIG], KEPT)


def test_second_call_changes_nothing(two_versions: None, sagemaker: SageMakerClient) -> None:
    remove_version(ARTIFACTS, "resnet", ENDPOINT, VERSION)
    remove_version(ARTIFACTS, "resnet", ENDPOINT, VERSION)
    assert remaining(sagemaker) == ([OLDER_CONFIG], [OLDER_CONFIG], KEPT)


def test_half_made_version_is_removed(two_versions: None, sagemaker: SageMakerClient) -> None:
    sagemaker.delete_endpoint_config(EndpointConfigName=CONFIG)
    remove_version(ARTIFACTS, "resnet", ENDPOINT, VERSION)
    assert remaining(sagemaker) == ([OLDER_CONFIG], [OLDER_CONFIG], KEPT)


def test_files_of_all_pages_are_removed(two_versions: None, sagemaker: SageMakerClient) -> None:
    def one_a_page(params: dict[str, Any], **_: object) -> None:
        params["MaxKeys"] = 1

    s3().meta.events.register("provide-client-params.s3.ListObjectsV2", one_a_page)
    try:
        with counted(s3()) as requests:
            remove_version(ARTIFACTS, "resnet", ENDPOINT, VERSION)
    finally:
        s3().meta.events.unregister("provide-client-params.s3.ListObjectsV2", one_a_page)
    assert requests == {"ListObjectsV2": 3, "DeleteObject": 2}
    assert remaining(sagemaker)[2] == KEPT


def test_other_refusals_are_not_hidden(sagemaker: SageMakerClient) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        remove_version("no-such-bucket", "resnet", ENDPOINT, VERSION)


def test_shadow_config_of_a_removed_version_goes_with_it(
    buckets: None, sagemaker: SageMakerClient, create_config: Callable[..., None]
) -> None:
    create_config(shadow_config_name(ENDPOINT, VERSION))
    remove_version(ARTIFACTS, "resnet", ENDPOINT, VERSION)
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []


def test_file_that_is_written_meanwhile_is_removed(
    two_versions: None, sagemaker: SageMakerClient
) -> None:
    """A batch job stores the version's archive while the model is being retired."""
    written: list[str] = []

    def write(**_: object) -> None:
        if not written:
            written.append(f"resnet/{VERSION}/model.tar.gz")
            s3().put_object(Bucket=ARTIFACTS, Key=written[0], Body=b"")

    s3().meta.events.register("before-call.s3.DeleteObject", write)
    try:
        remove_version(ARTIFACTS, "resnet", ENDPOINT, VERSION)
    finally:
        s3().meta.events.unregister("before-call.s3.DeleteObject", write)
    assert written
    assert "Contents" not in s3().list_objects_v2(Bucket=ARTIFACTS, Prefix=f"resnet/{VERSION}/")
