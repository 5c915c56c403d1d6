from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from model_packager.spec.hosting_mode import HostingMode
from model_packager.spec.operation_spec import Autoscaling
from scale_endpoint.handler import handler
from tests.unit.functions.samples import DEPLOYMENT, ENDPOINT, source
from workflow.aws.clients import application_autoscaling, cloudwatch

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

pytestmark = pytest.mark.usefixtures("aws")

REAL_TIME = HostingMode()
ASYNC = HostingMode(mode="async", max_instances=2)
SCALING = Autoscaling(max_instances=3, invocations_per_instance=60)


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ALARMS": "all",
        "ENDPOINT_ERROR_LIMIT": "0",
        "TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:results",
        "DEPLOY_MODEL_ARN": "unused",
        "RETIRE_MODEL_ARN": "unused",
        "SCHEDULE_ROLE_ARN": "unused",
    }.items():
        monkeypatch.setenv(name, value)


def event(scaling: Autoscaling | None = None, hosting: HostingMode = REAL_TIME) -> dict[str, Any]:
    return {
        "deployment": DEPLOYMENT.model_dump(),
        "source": source("abc").model_dump(),
        "schedule": None,
        "hosting_mode": hosting.model_dump(),
        "autoscaling": scaling.model_dump() if scaling else None,
        "tags": {},
    }


def scaled() -> list[str]:
    found = application_autoscaling().describe_scalable_targets(ServiceNamespace="sagemaker")
    return [each["ResourceId"] for each in found["ScalableTargets"]]


def test_endpoint_is_scaled_as_the_spec_requires(context: LambdaContext) -> None:
    assert handler(event(SCALING), context) == {"scaled": True}
    assert handler(event(SCALING), context) == {"scaled": True}
    assert scaled() == [f"endpoint/{ENDPOINT}/variant/primary"]


def test_endpoint_has_an_alarm_with_or_without_scaling(context: LambdaContext) -> None:
    for scaling in (SCALING, None):
        handler(event(scaling), context)
        found = cloudwatch().describe_alarms()["MetricAlarms"]
        assert [each["AlarmName"] for each in found] == [f"{ENDPOINT}-live-5xx"]


def test_earlier_versions_scaling_is_removed(context: LambdaContext) -> None:
    handler(event(SCALING), context)
    assert handler(event(None), context) == {"scaled": False}
    assert handler(event(None), context) == {"scaled": False}
    assert scaled() == []


def policies() -> dict[str, Any]:
    found = application_autoscaling().describe_scaling_policies(ServiceNamespace="sagemaker")
    return {each["PolicyName"]: each for each in found["ScalingPolicies"]}


def alarms() -> dict[str, Any]:
    return {each["AlarmName"]: each for each in cloudwatch().describe_alarms()["MetricAlarms"]}


def test_queue_scales_an_asynchronous_endpoint_from_zero_and_back(context: LambdaContext) -> None:
    assert handler(event(hosting=ASYNC), context) == {"scaled": True}
    assert handler(event(hosting=ASYNC), context) == {"scaled": True}
    (target,) = application_autoscaling().describe_scalable_targets(ServiceNamespace="sagemaker")[
        "ScalableTargets"
    ]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 2)
    tracking = policies()["modeldrop-backlog"]["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == 5
    metric = tracking["CustomizedMetricSpecification"]
    assert metric["MetricName"] == "ApproximateBacklogSizePerInstance"
    step = policies()["modeldrop-first-instance"]
    alarm = alarms()[f"{ENDPOINT}-live-backlog"]
    assert alarm["MetricName"] == "HasBacklogWithoutCapacity"
    assert alarm["AlarmActions"] == [step["PolicyARN"]]


def test_endpoint_that_never_has_zero_instances_needs_no_first_one(context: LambdaContext) -> None:
    handler(event(hosting=ASYNC), context)
    handler(event(hosting=ASYNC.model_copy(update={"min_instances": 1})), context)
    assert f"{ENDPOINT}-live-backlog" not in alarms()
