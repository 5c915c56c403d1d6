from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from create_endpoint.rollout_alarms import put_alarms
from model_packager.names.artifact import record_key
from model_packager.names.endpoint import resource_name, shadow_config_name
from model_packager.sagemaker.endpoint_alarm import endpoint_alarm_request
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.operation_spec import Autoscaling, Rollout
from roll_back.handler import handler
from tests.unit.functions.deployment_records import record
from tests.unit.functions.samples import (
    ARTIFACTS,
    CONFIG,
    DEPLOYMENT,
    ENDPOINT,
    EXECUTION,
    LATER,
    OLDER,
    OTHER_EXECUTION,
    ROLE,
    VERSION,
)
from workflow.aws.clients import application_autoscaling, cloudwatch, s3
from workflow.errors import ScalingNotRestored
from workflow.versions.deployment_record import read_live, read_record, write_record
from workflow.versions.ownership import remember_previous

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

EVENT = {"deployment": DEPLOYMENT.model_dump(), "restoring": False}
RESTORING = EVENT | {"restoring": True}
LATER_CONFIG = resource_name(ENDPOINT, LATER)
DONE = {"done": True, "remaining": []}


@pytest.fixture(autouse=True)
def _bucket(monkeypatch: pytest.MonkeyPatch, buckets: None) -> None:
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)


def names(sagemaker: SageMakerClient) -> dict[str, list[str]]:
    return {
        "endpoints": [each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]],
        "models": [each["ModelName"] for each in sagemaker.list_models()["Models"]],
    }


def test_nothing_created_means_nothing_to_do(context: LambdaContext) -> None:
    assert handler(EVENT, context) == DONE


def test_new_endpoint_is_deleted_before_the_version(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    create_config(CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    assert handler(EVENT, context) == {
        "done": False,
        "remaining": [f"endpoint {ENDPOINT}", f"endpoint config {CONFIG}", f"model {CONFIG}"],
    }
    assert names(sagemaker) == {"endpoints": [], "models": [CONFIG]}
    assert handler(EVENT, context) == DONE
    assert handler(EVENT, context) == DONE
    assert names(sagemaker) == {"endpoints": [], "models": []}


def test_endpoint_on_another_version_is_kept(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    older = resource_name(ENDPOINT, OLDER)
    create_config(older)
    create_config(CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=older)
    assert handler(EVENT, context) == DONE
    assert names(sagemaker) == {"endpoints": [ENDPOINT], "models": [older]}


@pytest.mark.parametrize("stands", [False, True])
def test_alarm_is_deleted_with_the_endpoint(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[[str], None],
    *,
    stands: bool,
) -> None:
    request = endpoint_alarm_request(ENDPOINT, "resnet", limit=5, topic_arn="arn:aws:sns:x:1:t")
    cloudwatch().put_metric_alarm(**request)
    if stands:
        create_config(LATER_CONFIG)
        sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=LATER_CONFIG)
    assert handler(EVENT, context) == DONE
    assert bool(cloudwatch().describe_alarms()["MetricAlarms"]) is stands


@pytest.fixture
def restored(sagemaker: SageMakerClient, create_config: Callable[..., None]) -> None:
    """An endpoint with a restored version, which replaced a later one and is not verified."""
    for config in (LATER_CONFIG, CONFIG):
        create_config(config)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    put_alarms(ENDPOINT, CONFIG, Rollout(strategy="canary"))
    s3().put_object(
        Bucket=ARTIFACTS,
        Key=record_key("resnet", VERSION),
        Body=record(VERSION).model_dump_json().encode(),
    )


def test_restored_version_is_kept_and_the_previous_one_is_live_again(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    restored: None,
    updates: list[dict[str, Any]],
) -> None:
    remember_previous(CONFIG, LATER_CONFIG, EXECUTION)
    assert handler(RESTORING, context) == {"done": False, "remaining": [f"endpoint {ENDPOINT}"]}
    assert handler(RESTORING, context) == DONE
    assert updates == [{"EndpointName": ENDPOINT, "EndpointConfigName": LATER_CONFIG}]
    assert names(sagemaker) == {"endpoints": [ENDPOINT], "models": [LATER_CONFIG, CONFIG]}
    assert s3().list_objects_v2(Bucket=ARTIFACTS)["KeyCount"] == 1
    assert cloudwatch().describe_alarms()["MetricAlarms"] == []


def test_restored_version_of_another_execution_stays_live(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    restored: None,
    updates: list[dict[str, Any]],
) -> None:
    remember_previous(CONFIG, LATER_CONFIG, OTHER_EXECUTION)
    assert handler(RESTORING, context) == DONE
    assert updates == []
    assert len(cloudwatch().describe_alarms()["MetricAlarms"]) == 1


def test_model_that_could_not_be_woken_is_asleep_again(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    """Record Deployment wrote live.json, and then failed."""
    create_config(CONFIG)
    remember_previous(CONFIG, None, EXECUTION)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    write_record(ARTIFACTS, record(VERSION))
    assert not handler(RESTORING, context)["done"]
    assert handler(RESTORING, context) == DONE
    live = read_live(ARTIFACTS, "resnet")
    assert live is not None
    assert (live.version, live.asleep_since is not None) == (VERSION, True)


def test_model_that_slept_until_the_drop_sleeps_again(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    """Record Deployment wrote live.json, and then failed."""
    create_config(CONFIG)
    remember_previous(CONFIG, None, EXECUTION)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    write_record(ARTIFACTS, record(OLDER))
    write_record(ARTIFACTS, record(VERSION).model_copy(update={"supersedes": OLDER}))
    assert not handler(EVENT, context)["done"]
    for _ in range(2):
        assert handler(EVENT, context) == DONE
        live = read_live(ARTIFACTS, "resnet")
        assert live is not None
        assert (live.version, live.asleep_since is not None) == (OLDER, True)
    assert read_record(ARTIFACTS, "resnet", VERSION) is None


def test_dropped_version_is_deleted_and_the_previous_one_is_live_again(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    restored: None,
    updates: list[dict[str, Any]],
) -> None:
    remember_previous(CONFIG, LATER_CONFIG, EXECUTION)
    assert not handler(EVENT, context)["done"]
    assert handler(EVENT, context) == DONE
    assert [each["EndpointConfigName"] for each in updates] == [LATER_CONFIG]
    assert names(sagemaker) == {"endpoints": [ENDPOINT], "models": [LATER_CONFIG]}
    assert s3().list_objects_v2(Bucket=ARTIFACTS)["KeyCount"] == 0


def test_staging_endpoint_is_deleted_and_production_unchanged(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
) -> None:
    older = resource_name(ENDPOINT, OLDER)
    for config in (older, CONFIG):
        create_config(config)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=older)
    sagemaker.create_endpoint(EndpointName=CONFIG, EndpointConfigName=CONFIG)
    assert handler(EVENT, context)["remaining"][0] == f"endpoint {CONFIG}"
    assert handler(EVENT, context) == DONE
    assert names(sagemaker) == {"endpoints": [ENDPOINT], "models": [older]}


def test_endpoint_in_transition_is_waited_for(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    restored: None,
    set_status: Callable[[str, str], None],
) -> None:
    set_status(ENDPOINT, "Updating")
    assert not handler(EVENT, context)["done"]
    assert names(sagemaker) == {"endpoints": [ENDPOINT], "models": [LATER_CONFIG, CONFIG]}


def live() -> str | None:
    found = read_live(ARTIFACTS, "resnet")
    return found.version if found else None


def test_live_json_names_the_previous_version(
    context: LambdaContext, restored: None, updates: list[dict[str, Any]]
) -> None:
    """Record Deployment wrote both documents, but could not mark the version as verified."""
    remember_previous(CONFIG, LATER_CONFIG, EXECUTION)
    for version in (LATER, VERSION):
        write_record(ARTIFACTS, record(version))
    while not handler(EVENT, context)["done"]:
        assert live() == VERSION
    assert live() == LATER
    assert read_record(ARTIFACTS, "resnet", VERSION) is None


def test_live_json_is_deleted_if_no_version_is_live(context: LambdaContext, restored: None) -> None:
    write_record(ARTIFACTS, record())
    assert not handler(EVENT, context)["done"]
    assert handler(EVENT, context) == DONE
    assert live() is None
    assert s3().list_objects_v2(Bucket=ARTIFACTS)["KeyCount"] == 0


@pytest.mark.parametrize("event", [EVENT, RESTORING])
def test_scaling_of_the_previous_version_is_restored(
    context: LambdaContext, restored: None, updates: list[dict[str, Any]], event: dict[str, Any]
) -> None:
    remember_previous(CONFIG, LATER_CONFIG, EXECUTION)
    scaling = Autoscaling(max_instances=7, invocations_per_instance=60)
    write_record(ARTIFACTS, record(LATER, DeploySpec(autoscaling=scaling)))
    assert scaled() == []
    assert not handler(event, context)["done"]
    assert handler(event, context) == DONE
    assert scaled() == [7]


def test_scaling_that_aws_refuses_is_the_only_error(
    context: LambdaContext, restored: None, updates: list[dict[str, Any]]
) -> None:
    """The state machine reports it as a recovered error, because no resource remains."""
    remember_previous(CONFIG, LATER_CONFIG, EXECUTION)
    scaling = Autoscaling(max_instances=7, invocations_per_instance=60)
    for version in (LATER, VERSION):
        write_record(ARTIFACTS, record(version, DeploySpec(autoscaling=scaling)))
    denied = "User is missing the following permissions: cloudwatch:DeleteAlarms"

    def refuse(**_: Any) -> Any:
        error = {"Error": {"Code": "ValidationException", "Message": denied}}
        return AWSResponse("", 400, HTTPHeaders(), None), error

    events, call = (
        application_autoscaling().meta.events,
        "before-call.application-autoscaling.RegisterScalableTarget",
    )
    events.register(call, refuse)
    try:
        assert not handler(EVENT, context)["done"]
        with pytest.raises(ScalingNotRestored, match=denied):
            handler(EVENT, context)
    finally:
        events.unregister(call, refuse)
    assert live() == LATER
    assert read_record(ARTIFACTS, "resnet", VERSION) is None


def test_version_without_scaling_is_not_registered(
    context: LambdaContext, restored: None, updates: list[dict[str, Any]]
) -> None:
    remember_previous(CONFIG, LATER_CONFIG, EXECUTION)
    write_record(ARTIFACTS, record(LATER))
    handler(EVENT, context)
    assert handler(EVENT, context) == DONE
    assert scaled() == []


def scaled() -> list[int]:
    found = application_autoscaling().describe_scalable_targets(ServiceNamespace="sagemaker")
    return [each["MaxCapacity"] for each in found["ScalableTargets"]]


def test_shadow_variant_is_removed_and_the_live_config_restored(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    updates: list[dict[str, Any]],
) -> None:
    live, shadow = resource_name(ENDPOINT, OLDER), shadow_config_name(ENDPOINT, OLDER)
    create_config(live, verified="true")
    create_config(shadow, execution=EXECUTION, **{"previous-config": live})
    sagemaker.create_model(ModelName=CONFIG, ExecutionRoleArn=ROLE)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=shadow)
    assert handler(EVENT, context)["done"] is False
    assert updates == [{"EndpointName": ENDPOINT, "EndpointConfigName": live}]
    assert shadow in configs(sagemaker), "the endpoint may still use it"
    assert handler(EVENT, context) == DONE
    assert configs(sagemaker) == {live}
    assert CONFIG not in names(sagemaker)["models"]


def test_shadow_test_of_another_execution_stays(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    updates: list[dict[str, Any]],
) -> None:
    live, shadow = resource_name(ENDPOINT, OLDER), shadow_config_name(ENDPOINT, OLDER)
    create_config(live, verified="true")
    create_config(shadow, execution=OTHER_EXECUTION, **{"previous-config": live})
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=shadow)
    assert handler(EVENT, context) == DONE
    assert updates == []
    assert configs(sagemaker) == {live, shadow}


def configs(sagemaker: SageMakerClient) -> set[str]:
    listed = sagemaker.list_endpoint_configs()["EndpointConfigs"]
    return {each["EndpointConfigName"] for each in listed}
