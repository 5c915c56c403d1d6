from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from moto.sagemaker.models import sagemaker_backends
from pydantic import ValidationError

from model_packager.names.artifact import live_key
from model_packager.names.endpoint import resource_name, shadow_config_name
from tests.unit.functions.emitted import logged
from tests.unit.functions.recorded import deploy
from tests.unit.functions.samples import (
    ACCOUNT,
    ARTIFACTS,
    CONFIG,
    DEPLOYMENT,
    ENDPOINT,
    EXECUTION,
    OLDER,
    REGION,
    ROLE,
    VERSION,
)
from watch_endpoints.handler import handler
from workflow.aws.clients import cloudwatch, s3, sagemaker, stepfunctions
from workflow.versions.deployment_record import mark_asleep
from workflow.versions.ownership import mark_verified, remember_previous, tags

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    Create = Callable[..., None]


def hours_ago(hours: float) -> datetime:
    """Return a time. It is not a constant, because tests may run long after their collection."""
    return datetime.now(UTC) - timedelta(hours=hours)


def name_of_today(reason: str) -> str:
    return f"{CONFIG}-{reason}-{datetime.now(UTC):%Y%m%d}"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, buckets: None) -> str:
    """The environment with the retire workflow. No execution of a deployment is running."""
    arn = stepfunctions().create_state_machine(
        name="retire-model", definition='{"StartAt": "A"}', roleArn=ROLE
    )["stateMachineArn"]
    for name, value in {
        "ENDPOINT_PREFIX": "modeldrop",
        "ARTIFACT_BUCKET": ARTIFACTS,
        "ENDPOINT_TIMEOUT_SECONDS": "3600",
        "IDLE_HOURS": "2",
        "IDLE_ACTION": "notify",
        "RETIRE_MODEL_ARN": arn,
    }.items():
        monkeypatch.setenv(name, value)
    return arn


def serve(create_config: Create, name: str = ENDPOINT, *, verified: bool = True) -> None:
    create_config(CONFIG)
    arn = sagemaker().describe_endpoint_config(EndpointConfigName=CONFIG)["EndpointConfigArn"]
    sagemaker().add_tags(ResourceArn=arn, Tags=tags(DEPLOYMENT))
    if verified:
        mark_verified(CONFIG)
    sagemaker().create_endpoint(EndpointName=name, EndpointConfigName=CONFIG)


def requested(machine: str) -> list[dict[str, Any]]:
    found = stepfunctions().list_executions(stateMachineArn=machine)["executions"]
    arns = [each["executionArn"] for each in found]
    inputs = [stepfunctions().describe_execution(executionArn=arn)["input"] for arn in arns]
    return [json.loads(each)["retire"] for each in inputs]


def test_without_own_endpoints_nothing_starts(
    machine: str, context: LambdaContext, create_config: Create
) -> None:
    create_config("modeldrop-resnet-by-hand")
    sagemaker().create_endpoint(
        EndpointName=ENDPOINT, EndpointConfigName="modeldrop-resnet-by-hand"
    )
    assert handler({}, context) == {"started": []}


def test_manually_created_endpoint_is_left_alone(
    machine: str, context: LambdaContext, create_config: Create
) -> None:
    serve(create_config, "modeldrop-by-hand", verified=False)
    assert handler({}, context) == {"started": []}


def test_error_of_one_endpoint_does_not_end_the_check(
    machine: str, context: LambdaContext, create_config: Create
) -> None:
    """The error is raised at the end, for the alarm on the function's errors."""
    damaged = DEPLOYMENT.model_copy(update={"model": "cat", "endpoint": "modeldrop-cat"})
    create_config(damaged.config)
    arn = sagemaker().describe_endpoint_config(EndpointConfigName=damaged.config)
    sagemaker().add_tags(ResourceArn=arn["EndpointConfigArn"], Tags=tags(damaged))
    sagemaker().create_endpoint(EndpointName=damaged.endpoint, EndpointConfigName=damaged.config)
    s3().put_object(Bucket=ARTIFACTS, Key=live_key("cat"), Body=b"{")
    serve(create_config)
    deploy(hours_ago(3), time_to_live_hours=2.5)
    names = [each["EndpointName"] for each in sagemaker().list_endpoints()["Endpoints"]]
    assert names == ["modeldrop-cat", ENDPOINT], "the damaged one is checked first"
    with pytest.raises(ValidationError):
        handler({}, context)
    assert [each["reason"] for each in requested(machine)] == ["TIME_TO_LIVE"]


def test_expired_endpoint_is_retired_once_a_day(
    machine: str, context: LambdaContext, create_config: Create, caplog: pytest.LogCaptureFixture
) -> None:
    serve(create_config)
    deploy(hours_ago(3), time_to_live_hours=2.5)
    name = name_of_today("expired")
    assert handler({}, context) == {"started": [name]}
    request, _done = logged(caplog)
    assert (request["model"], request["version"]) == ("resnet", VERSION)
    assert request["reason"] == "TIME_TO_LIVE"
    assert requested(machine) == [
        {
            "reason": "TIME_TO_LIVE",
            "model": "resnet",
            "deleted": None,
            "target": None,
            "version": VERSION,
            "notify_only": False,
            "keep_versions": False,
            "reason_text": "The time to live of 2.5 hours in its deploy.yaml has expired.",
        }
    ]
    stepfunctions().stop_execution(
        executionArn=f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    )
    assert handler({}, context) == {"started": []}


def test_idle_endpoint_has_a_notice(
    machine: str, context: LambdaContext, create_config: Create
) -> None:
    serve(create_config)
    deploy(hours_ago(3))
    count(hours_ago(2.5))
    assert handler({}, context) == {"started": [name_of_today("idle")]}
    assert [(each["reason"], each["notify_only"]) for each in requested(machine)] == [
        ("IDLE", True)
    ]


def test_used_endpoint_is_not_idle(
    machine: str, context: LambdaContext, create_config: Create
) -> None:
    serve(create_config)
    deploy(hours_ago(3))
    count(hours_ago(1.5))
    assert handler({}, context) == {"started": []}


def test_endpoint_without_instances_is_not_idle(
    machine: str, context: LambdaContext, create_config: Create
) -> None:
    serve(create_config)
    deploy(hours_ago(3))
    sagemaker_backends[ACCOUNT][REGION].endpoints[ENDPOINT].production_variants[0][
        "CurrentInstanceCount"
    ] = 0
    assert handler({}, context) == {"started": []}


def count(requested_at: datetime) -> None:
    """Count one request, as SageMaker does."""
    dimensions = [("EndpointName", ENDPOINT), ("VariantName", "primary")]
    cloudwatch().put_metric_data(
        Namespace="AWS/SageMaker",
        MetricData=[
            {
                "MetricName": "ModelLatency",
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
                "Timestamp": requested_at,
                "Value": 1.0,
            }
        ],
    )


@pytest.mark.parametrize(("name", "target"), [(ENDPOINT, None), (CONFIG, CONFIG)])
def test_abandoned_endpoint_is_retired(
    machine: str, context: LambdaContext, create_config: Create, name: str, target: str | None
) -> None:
    serve(create_config, name, verified=False)
    assert handler({}, context) == {"started": [name_of_today("stuck")]}
    (request,) = requested(machine)
    assert (request["reason"], request["target"]) == ("STUCK", target)
    assert not request["notify_only"]


@pytest.mark.parametrize("verified", [True, False])
def test_untested_version_is_not_retired_if_the_previous_one_may_be_restored(
    machine: str, context: LambdaContext, create_config: Create, *, verified: bool
) -> None:
    serve(create_config, verified=False)
    previous = resource_name(ENDPOINT, OLDER)
    create_config(previous)
    remember_previous(CONFIG, previous, EXECUTION)
    if verified:
        mark_verified(previous)
    handler({}, context)
    [request] = requested(machine)
    assert (request["reason"], request["notify_only"]) == ("STUCK", verified)


def test_owned_endpoint_is_left_alone(
    machine: str, context: LambdaContext, create_config: Create
) -> None:
    deploying = stepfunctions().create_state_machine(
        name="deploy-model", definition='{"StartAt": "A"}', roleArn=ROLE
    )["stateMachineArn"]
    started = stepfunctions().start_execution(stateMachineArn=deploying, name="first")
    assert started["executionArn"] == EXECUTION
    serve(create_config, verified=False)
    assert handler({}, context) == {"started": []}
    stepfunctions().stop_execution(executionArn=EXECUTION)
    assert handler({}, context)["started"]


def test_interrupted_shadow_test_has_a_notice(
    machine: str, context: LambdaContext, create_config: Create
) -> None:
    shadow = shadow_config_name(ENDPOINT, VERSION)
    serve(create_config)
    create_config(shadow, model="resnet", **{"previous-config": CONFIG})
    sagemaker().delete_endpoint(EndpointName=ENDPOINT)
    sagemaker().create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=shadow)
    handler({}, context)
    [request] = requested(machine)
    assert (request["reason"], request["notify_only"]) == ("STUCK", True)
    assert "copies of requests" in request["reason_text"]


def test_model_that_woke_half_way_is_put_to_sleep_again(
    machine: str,
    context: LambdaContext,
    create_config: Create,
    execution: Callable[..., str],
) -> None:
    """A retirement would delete the model's only version."""
    serve(create_config, verified=False)
    deploy(hours_ago(3))
    mark_asleep(ARTIFACTS, "resnet", hours_ago(2), execution("falling-asleep"))
    assert handler({}, context) == {"started": []}
    mark_asleep(ARTIFACTS, "resnet", hours_ago(2), execution("stopped", stopped=True))
    assert handler({}, context) == {"started": [name_of_today("stuck")]}
    (request,) = requested(machine)
    assert (request["keep_versions"], request["notify_only"]) == (True, False)
