from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from create_endpoint.rollout_alarms import put_alarms
from model_packager.names.artifact import record_key
from model_packager.names.endpoint import resource_name, shadow_config_name
from model_packager.spec.operation_spec import Rollout
from remove_old_versions.handler import handler
from tests.unit.functions.samples import (
    ARTIFACTS,
    CONFIG,
    DEPLOYMENT,
    ENDPOINT,
    EXECUTION,
    LATER,
    OLDER,
    OLDEST,
    VERSION,
)
from workflow.aws.clients import cloudwatch, s3
from workflow.versions.claim import claim
from workflow.versions.ownership import remember_previous

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

EVENT = {"deployment": DEPLOYMENT.model_dump()}
ALL = (OLDEST, OLDER, VERSION, LATER)


@pytest.fixture(autouse=True)
def _versions(
    buckets: None,
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Four versions, of which the third is live."""
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    monkeypatch.setenv("KEPT_VERSIONS", "1")
    for version in ALL:
        config = resource_name(ENDPOINT, version)
        create_config(config)
        put_alarms(ENDPOINT, config, Rollout(strategy="canary"))
        s3().put_object(Bucket=ARTIFACTS, Key=record_key("resnet", version), Body=b"")
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)


def left(sagemaker: SageMakerClient) -> dict[str, set[str]]:
    configs = sagemaker.list_endpoint_configs()["EndpointConfigs"]
    alarms = cloudwatch().describe_alarms()["MetricAlarms"]
    files = s3().list_objects_v2(Bucket=ARTIFACTS, Prefix="resnet/")["Contents"]
    return {
        "configs": {each["EndpointConfigName"][-len(VERSION) :] for each in configs},
        "alarms": {each["AlarmName"].removesuffix("-5xx")[-len(VERSION) :] for each in alarms},
        "files": {each["Key"].split("/")[1] for each in files},
    }


def everywhere(*versions: str) -> dict[str, set[str]]:
    return {kind: set(versions) for kind in ("configs", "alarms", "files")}


def test_old_versions_are_deleted_with_their_resources(
    context: LambdaContext, sagemaker: SageMakerClient
) -> None:
    assert handler(EVENT, context) == {"removed": [OLDEST, OLDER]}
    assert left(sagemaker) == everywhere(VERSION, LATER)
    assert handler(EVENT, context) == {"removed": []}


def test_number_of_kept_versions_is_the_stacks(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEPT_VERSIONS", "2")
    assert handler(EVENT, context) == {"removed": [OLDEST]}


def test_rollback_target_is_kept(context: LambdaContext, sagemaker: SageMakerClient) -> None:
    remember_previous(CONFIG, resource_name(ENDPOINT, OLDEST), EXECUTION)
    assert handler(EVENT, context) == {"removed": [OLDER]}
    assert left(sagemaker) == everywhere(OLDEST, VERSION, LATER)


def test_version_of_another_execution_is_kept(
    context: LambdaContext, sagemaker: SageMakerClient, execution: Callable[..., str]
) -> None:
    """The other version was dropped earlier and takes longer, or runs on its staging endpoint."""
    slow = {"version": OLDER, "execution_arn": execution("slow")}
    claim(ARTIFACTS, DEPLOYMENT.model_copy(update=slow))
    assert handler(EVENT, context) == {"removed": [OLDEST]}
    assert left(sagemaker) == everywhere(OLDER, VERSION, LATER)


def test_version_that_may_fail_does_not_count_as_kept(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    execution: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KEPT_VERSIONS", "2")
    slow = {"version": OLDER, "execution_arn": execution("slow")}
    claim(ARTIFACTS, DEPLOYMENT.model_copy(update=slow))
    assert handler(EVENT, context) == {"removed": []}
    assert left(sagemaker) == everywhere(*ALL)


def test_without_an_endpoint_nothing_is_deleted(
    context: LambdaContext, sagemaker: SageMakerClient
) -> None:
    sagemaker.delete_endpoint(EndpointName=ENDPOINT)
    assert handler(EVENT, context) == {"removed": []}
    assert left(sagemaker) == everywhere(*ALL)


def test_versions_of_one_second_are_ordered_by_their_sequencer(
    context: LambdaContext, create_config: Callable[..., None], sagemaker: SageMakerClient
) -> None:
    """The live version's name sorts first, but it was dropped last."""
    names = [f"20260802T000000Z-{digit * 8}" for digit in "abc"]
    for version, sequencer in zip(names, ("0A3", "0A1F", "0a2"), strict=True):
        create_config(resource_name(ENDPOINT, version), sequencer=sequencer)
    live = resource_name(ENDPOINT, names[0])
    sagemaker.delete_endpoint(EndpointName=ENDPOINT)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=live)
    assert handler(EVENT, context) == {"removed": [*ALL, names[1], names[2]]}


def test_shadow_config_of_this_execution_is_removed(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[..., None]
) -> None:
    own, other = (shadow_config_name(ENDPOINT, each) for each in (VERSION, LATER))
    create_config(own, execution=EXECUTION)
    create_config(other, execution=f"{EXECUTION}-other")
    handler(EVENT, context)
    listed = sagemaker.list_endpoint_configs()["EndpointConfigs"]
    names = {each["EndpointConfigName"] for each in listed}
    assert own not in names
    assert other in names
