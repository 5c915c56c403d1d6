"""The autoscaler, with moto's CloudWatch and an endpoint whose server never started."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws

from model_packager.sagemaker.cloudwatch import NAMESPACE
from modeldrop.local.sagemaker.async_queue import AsyncQueue, AsyncRequest
from modeldrop.local.sagemaker.faults import ActiveFaults
from modeldrop.local.sagemaker.hosting.endpoint_lifecycle import EndpointLifecycle
from modeldrop.local.sagemaker.hosting.fleet import Fleet
from modeldrop.local.sagemaker.hosting.fleet_plan import FleetPlan
from modeldrop.local.sagemaker.hosting.registry import Endpoint, Registry
from modeldrop.local.sagemaker.hosting.scaling_targets import (
    ScalableTarget,
    ScalingPolicy,
    ScalingTargets,
    resource_id,
)
from modeldrop.local.sagemaker.metrics.backlog_metrics import BacklogMetrics
from modeldrop.local.sagemaker.metrics.invocation_metrics import InvocationMetrics
from modeldrop.local.sagemaker.scaling.autoscaler import Autoscaler, Sources
from tests.unit.modeldrop.local.sagemaker.hosting.test_fleet import variant
from tests.waiting import eventually

MINUTE = 2.0
STEP = {
    "PolicyType": "StepScaling",
    "StepScalingPolicyConfiguration": {
        "AdjustmentType": "ExactCapacity",
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 3}],
        "Cooldown": 0,
    },
}


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield boto3.client("cloudwatch", region_name="us-east-1")


def request() -> AsyncRequest:
    return AsyncRequest("1", "", b"{}", {}, "s3://a/b", None, None, None, 60, time.monotonic() + 60)


class Account:
    """An account with a registry and scaling targets."""

    def __init__(self, cloudwatch: Any) -> None:
        self.cloudwatch = cloudwatch
        self.registry, self.targets = Registry("0", "us-east-1"), ScalingTargets()

    def endpoint(self, name: str, *, queue: AsyncQueue | None = None, **capacity: int) -> Endpoint:
        """Add an endpoint in service with one scalable variant, which has the policy of STEP."""
        running = variant("primary")
        fleet = Fleet(FleetPlan(f"{name}-1", (running.plan,)), [running])
        endpoint = Endpoint(name, name, f"{name}-1", "InService", fleet=fleet, queue=queue)
        self.registry.add_endpoint(endpoint, [])
        resource = resource_id(name, "primary")
        target = ScalableTarget(resource, resource, {"MinCapacity": 1, "MaxCapacity": 5} | capacity)
        target.policies["step"] = ScalingPolicy("step", f"policy-of-{name}", STEP)
        self.targets.targets[resource] = target
        return endpoint

    def alarm(self, name: str, endpoint: str | None = None) -> None:
        """Add an alarm on the backlog of an endpoint."""
        named = [] if endpoint is None else [{"Name": "EndpointName", "Value": endpoint}]
        self.cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace=NAMESPACE,
            MetricName="ApproximateBacklogSize",
            Dimensions=named,
            AlarmActions=[f"policy-of-{endpoint}"],
            ComparisonOperator="GreaterThanThreshold",
            Statistic="Average",
            Threshold=0,
            Period=60,
            EvaluationPeriods=1,
        )

    def autoscaler(self) -> Any:
        nothing = cast(Any, None)
        lifecycle = EndpointLifecycle(self.registry, nothing, ActiveFaults(), nothing)
        invocations = InvocationMetrics(self.cloudwatch)
        invocations.close()
        backlogs = BacklogMetrics(self.cloudwatch)
        sources = Sources(
            self.registry, lifecycle, self.targets, invocations, backlogs, self.cloudwatch
        )
        return closing(Autoscaler(sources, MINUTE))


def test_an_alarm_without_an_endpoint_does_not_stop_scaling(cloudwatch: Any) -> None:
    account, queue = Account(cloudwatch), AsyncQueue()
    queue.put(request())
    account.alarm("all queues")
    account.alarm("one queue", "queued")
    endpoint = account.endpoint("queued", queue=queue)
    with account.autoscaler():
        assert eventually(lambda: endpoint.counts == {"primary": 3})


def test_an_invalid_policy_does_not_stop_the_policies_of_other_endpoints(cloudwatch: Any) -> None:
    account, queue = Account(cloudwatch), AsyncQueue()
    queue.put(request())
    account.endpoint("broken")
    broken = account.targets.targets[resource_id("broken", "primary")]
    broken.policies["none"] = ScalingPolicy("none", "none", {"PolicyType": "TargetTrackingScaling"})
    account.alarm("one queue", "queued")
    endpoint = account.endpoint("queued", queue=queue)
    with account.autoscaler():
        assert eventually(lambda: endpoint.counts == {"primary": 3})


def test_a_real_time_variant_keeps_an_instance(cloudwatch: Any) -> None:
    account = Account(cloudwatch)
    never = account.endpoint("real-time", MinCapacity=0, MaxCapacity=0)
    sentinel = account.endpoint("last", MinCapacity=2)
    with account.autoscaler():
        assert eventually(lambda: sentinel.counts == {"primary": 2})
    assert (never.status, never.counts) == ("InService", {})
