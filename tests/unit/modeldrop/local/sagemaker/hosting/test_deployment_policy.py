from __future__ import annotations

import math
from typing import Any

import pytest

from modeldrop.local.sagemaker.errors import ApiError
from modeldrop.local.sagemaker.hosting.deployment_policy import DeploymentPolicy, deployment_policy
from modeldrop.local.sagemaker.hosting.fleet_plan import VariantPlan, plan_variant

MODEL = {"PrimaryContainer": {"Image": "image"}}


def variants(*names: str, count: int = 4) -> list[VariantPlan]:
    return [plan_variant({"VariantName": n, "InitialInstanceCount": count}, MODEL) for n in names]


def policy(config: dict[str, Any] | None, count: int = 4) -> DeploymentPolicy:
    fleet = variants("primary", count=count)
    return deployment_policy(config, fleet, fleet)


def blue_green(kind: str, wait: int = 0, **more: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **more}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}


def rolling(**more: Any) -> dict[str, Any]:
    return {"RollingUpdatePolicy": {"WaitIntervalInSeconds": 0, **more}}


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def instances(value: int) -> dict[str, Any]:
    return {"Type": "INSTANCE_COUNT", "Value": value}


def test_without_a_config_all_traffic_shifts_at_once() -> None:
    assert policy(None) == DeploymentPolicy((1.0,), (0.0,), 0.0, 0.0, math.inf, ())


@pytest.mark.parametrize(
    ("config", "shares"),
    [
        (blue_green("ALL_AT_ONCE"), [1]),
        (blue_green("CANARY", CanarySize=percent(5)), [0.05, 1]),
        (blue_green("CANARY", CanarySize=instances(2)), [0.5, 1]),
        (blue_green("LINEAR", LinearStepSize=percent(10)), [n / 10 for n in range(1, 11)]),
        (blue_green("LINEAR", LinearStepSize=percent(30)), [0.3, 0.6, 0.9, 1]),
        (blue_green("LINEAR", LinearStepSize=instances(1)), [0.25, 0.5, 0.75, 1]),
        (rolling(MaximumBatchSize=percent(50)), [0.5, 1]),
        (rolling(MaximumBatchSize=instances(1)), [0.25, 0.5, 0.75, 1]),
    ],
)
def test_traffic_shifts_by_these_steps(config: dict[str, Any], shares: list[float]) -> None:
    assert policy(config).shares == pytest.approx(shares)


def test_percent_of_one_instance_is_a_part_of_its_traffic() -> None:
    assert policy(blue_green("CANARY", CanarySize=percent(10)), count=1).shares == (0.1, 1.0)


def test_times_and_alarms_are_read() -> None:
    config = blue_green("CANARY", wait=60, CanarySize=percent(10))
    config["BlueGreenUpdatePolicy"].update(
        TerminationWaitInSeconds=30, MaximumExecutionTimeoutInSeconds=600
    )
    config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": "a"}, {"AlarmName": "b"}]}
    read = policy(config)
    assert (read.wait_seconds, read.termination_wait_seconds, read.maximum_seconds) == (60, 30, 600)
    assert read.alarms == ("a", "b")


def test_a_rolling_rollback_is_at_once_or_in_batches() -> None:
    batch = rolling(MaximumBatchSize=percent(50))
    assert policy(batch).rollback_shares == (0.0,)
    batch["RollingUpdatePolicy"]["RollbackMaximumBatchSize"] = percent(40)
    assert policy(batch).rollback_shares == pytest.approx([0.6, 0.2, 0.0])


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({**blue_green("ALL_AT_ONCE"), **rolling(MaximumBatchSize=percent(50))}, "Only one update"),
        (blue_green("CANARY"), "CanarySize is required with traffic routing type CANARY"),
        (blue_green("LINEAR"), "LinearStepSize is required with traffic routing type LINEAR"),
        (blue_green("ALL_AT_ONCE", CanarySize=percent(5)), "cannot be used with"),
        (blue_green("LINEAR", LinearStepSize=percent(10), CanarySize=percent(5)), "cannot be used"),
        (blue_green("CANARY", CanarySize=percent(51)), "CanarySize must be 0-50%"),
        (blue_green("CANARY", CanarySize=instances(3)), r"which is 4: 3 \(INSTANCE_COUNT\) is 75%"),
        (blue_green("LINEAR", LinearStepSize=percent(9)), "LinearStepSize must be 10-50%"),
        (blue_green("LINEAR", LinearStepSize=percent(51)), "LinearStepSize must be 10-50%"),
        (rolling(MaximumBatchSize=percent(4)), "MaximumBatchSize must be 5-50%"),
        (rolling(MaximumBatchSize=percent(60)), "MaximumBatchSize must be 5-50%"),
        (
            rolling(
                MaximumBatchSize=percent(10),
                WaitIntervalInSeconds=60,
                MaximumExecutionTimeoutInSeconds=600,
            ),
            "is 600, but must be larger than the total waiting time, which is 600",
        ),
    ],
)
def test_what_the_guide_rules_out_is_refused(config: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ApiError, match=sentence):
        policy(config)


def test_one_of_one_instance_is_no_canary() -> None:
    with pytest.raises(ApiError, match="which is 1"):
        policy(blue_green("CANARY", CanarySize=instances(1)), count=1)


def test_variant_names_must_stay_and_rolling_needs_one_variant() -> None:
    old, new = variants("primary"), variants("other")
    with pytest.raises(ApiError, match=r"names as the old one: primary\. It has: other"):
        deployment_policy(blue_green("ALL_AT_ONCE"), new, old)
    assert deployment_policy(None, new, old) == DeploymentPolicy()
    two = variants("primary", "other")
    with pytest.raises(ApiError, match="exactly one production variant"):
        deployment_policy(rolling(MaximumBatchSize=percent(50)), two, two)
