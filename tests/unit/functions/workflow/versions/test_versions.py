from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_packager.names.artifact import live_key, record_key
from model_packager.names.endpoint import resource_name
from tests.unit.functions.samples import (
    ARTIFACTS,
    CONFIG,
    ENDPOINT,
    LATER,
    OLDER,
    OLDEST,
    ROLE,
    VERSION,
)
from workflow.aws.clients import s3
from workflow.versions.versions import known_versions

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sagemaker import SageMakerClient


@pytest.fixture(autouse=True)
def _others(buckets: None, create_config: Callable[..., None]) -> None:
    """Resources of a model whose name has the same start, and of no model."""
    for name in (resource_name(f"{ENDPOINT}-50", OLDEST), f"x{CONFIG}", f"{ENDPOINT}-by-hand"):
        create_config(name)
    for key in (live_key("resnet"), record_key("resnet-50", OLDEST), "resnet/by-hand/model.pt"):
        s3().put_object(Bucket=ARTIFACTS, Key=key, Body=b"")


def known() -> set[str]:
    return known_versions(ARTIFACTS, "resnet", ENDPOINT)


def test_others_are_not_known() -> None:
    assert known() == set()


def test_each_trace_makes_a_version_known(
    sagemaker: SageMakerClient, create_config: Callable[..., None]
) -> None:
    create_config(CONFIG)
    sagemaker.delete_model(ModelName=CONFIG)
    sagemaker.create_model(ModelName=resource_name(ENDPOINT, OLDER), ExecutionRoleArn=ROLE)
    s3().put_object(Bucket=ARTIFACTS, Key=record_key("resnet", LATER), Body=b"")
    assert known() == {VERSION, OLDER, LATER}


def test_version_of_another_model_with_the_same_endpoint_name_is_not_known(
    create_config: Callable[..., None],
) -> None:
    create_config(resource_name(ENDPOINT, OLDER), model="ResNet")
    create_config(CONFIG, model="resnet")
    assert known() == {VERSION}


def test_all_pages_are_read(create_config: Callable[..., None]) -> None:
    versions = {f"20260801T1512{second:02}Z-3f9a1c2b" for second in range(25)}
    for version in versions:
        create_config(resource_name(ENDPOINT, version))
    assert known() == versions
