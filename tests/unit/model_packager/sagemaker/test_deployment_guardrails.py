"""The rollout settings for SageMaker and CloudWatch are within the limits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_packager.names.endpoint import endpoint_name, resource_name
from model_packager.sagemaker.deployment_guardrails import (
    alarm_names,
    alarm_requests,
    guardrails,
    is_guarded,
    waiting_seconds,
)
from model_packager.sagemaker.requests import update_endpoint_request
from model_packager.spec.operation_spec import LONGEST_WAIT_SECONDS, Rollout
from modeldrop.local.sagemaker.api.request_validation import checked_request
from tests.unit.model_packager.botocore_requests import problems_of

CONFIG = "modeldrop-resnet-20260801T151224Z-3f9a1c2b"
ALARMS = alarm_names(CONFIG)
BACK = {"Alarms": [{"AlarmName": name} for name in ALARMS]}
ALL_AT_ONCE = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
TEN_PERCENT = {"Type": "CAPACITY_PERCENT", "Value": 10}


def blue_green(routing: dict[str, Any], keep: int, limit: int) -> dict[str, Any]:
    policy = {
        "TrafficRoutingConfiguration": routing,
        "TerminationWaitInSeconds": keep,
        "MaximumExecutionTimeoutInSeconds": limit,
    }
    return {"BlueGreenUpdatePolicy": policy, "AutoRollbackConfiguration": BACK}


@pytest.mark.parametrize(
    ("strategy", "instances", "expected"),
    [
        ("canary", 1, blue_green(ALL_AT_ONCE, 360, 7560)),
        ("linear", 1, blue_green(ALL_AT_ONCE, 360, 7560)),
        ("rolling", 1, blue_green(ALL_AT_ONCE, 300, 7500)),
        ("all_at_once", 1, blue_green(ALL_AT_ONCE, 60, 7560)),
        ("all_at_once", 4, blue_green(ALL_AT_ONCE, 60, 7560)),
        (
            "canary",
            4,
            blue_green(
                {"Type": "CANARY", "WaitIntervalInSeconds": 300, "CanarySize": TEN_PERCENT},
                60,
                7860,
            ),
        ),
        (
            "linear",
            4,
            blue_green(
                {"Type": "LINEAR", "WaitIntervalInSeconds": 300, "LinearStepSize": TEN_PERCENT},
                60,
                10_260,
            ),
        ),
        (
            "rolling",
            4,
            {
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": TEN_PERCENT,
                    "WaitIntervalInSeconds": 300,
                    "MaximumExecutionTimeoutInSeconds": 10_200,
                },
                "AutoRollbackConfiguration": BACK,
            },
        ),
    ],
)
def test_guardrails(strategy: Any, instances: int, expected: dict[str, Any]) -> None:
    keep = 0 if strategy == "rolling" else 60
    rollout = Rollout(strategy=strategy, termination_wait_seconds=keep)
    assert guardrails(rollout, instances, ALARMS) == expected


@pytest.mark.parametrize("instances", [1, 2])
def test_a_plain_update_has_no_guardrails_and_no_waits(instances: int) -> None:
    plain = Rollout(wait_seconds=3600)
    assert not is_guarded(plain)
    assert guardrails(plain, instances, []) is None
    assert waiting_seconds(plain, instances) == 0


@pytest.mark.parametrize(
    ("strategy", "size", "instances", "seconds"),
    [
        ("canary", 10, 1, 130),
        ("canary", 10, 2, 230),
        ("linear", 50, 2, 230),
        ("linear", 30, 2, 430),
        ("linear", 30, 1, 130),
        ("rolling", 5, 20, 2000),
        ("all_at_once", 10, 2, 130),
    ],
)
def test_configured_waits(strategy: Any, size: int, instances: int, seconds: int) -> None:
    keep = 0 if strategy == "rolling" else 30
    rollout = Rollout(
        strategy=strategy, size_percent=size, wait_seconds=100, termination_wait_seconds=keep
    )
    assert waiting_seconds(rollout, instances) == seconds


def _rollout(values: tuple[Any, int, int, int, int, float | None]) -> Rollout:
    strategy, size, wait, termination, errors, latency = values
    low = {"linear": 10, "rolling": 5}.get(strategy, 1)
    steps = {"all_at_once": 1, "canary": 2}.get(strategy, -(-100 // max(size, low)))
    termination = 0 if strategy == "rolling" else termination
    watched = strategy != "all_at_once" or termination > 0
    return Rollout(
        strategy=strategy,
        size_percent=max(size, low),
        wait_seconds=min(wait, (LONGEST_WAIT_SECONDS - termination) // steps),
        termination_wait_seconds=termination,
        max_5xx_per_minute=errors if watched else 0,
        max_p95_ms=latency if watched else None,
    )


ROLLOUTS = st.tuples(
    st.sampled_from(["all_at_once", "canary", "linear", "rolling"]),
    st.integers(1, 50),
    st.integers(0, 3600),
    st.integers(0, 3600),
    st.integers(0, 10**6),
    st.none() | st.floats(0.001, 10**6),
).map(_rollout)


@given(ROLLOUTS, st.integers(1, 1000))
def test_botocore_accepts_every_update(rollout: Rollout, instances: int) -> None:
    request = update_endpoint_request(
        "modeldrop-resnet", config=CONFIG, guardrails=guardrails(rollout, instances, ALARMS)
    )
    assert checked_request("UpdateEndpoint", request) == request
    assert problems_of("sagemaker", "UpdateEndpoint", request) == []


@given(ROLLOUTS, st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}", fullmatch=True))
def test_botocore_accepts_every_alarm(rollout: Rollout, model: str) -> None:
    endpoint = endpoint_name("modeldrop", model)
    config = resource_name(endpoint, CONFIG[-25:])
    requests = alarm_requests(rollout, endpoint, config)
    for request in requests:
        assert problems_of("cloudwatch", "PutMetricAlarm", request) == []
    named = [request["AlarmName"] for request in requests]
    assert named == list(alarm_names(config))[: 2 if rollout.max_p95_ms else 1]


def test_botocore_rejects_a_wrong_parameter() -> None:
    policy = {"MaximumBatchSize": {"Type": "PERCENT", "Value": 0}, "WaitIntervalInSeconds": 3601}
    wrong = update_endpoint_request(
        "modeldrop-resnet", config=CONFIG, guardrails={"RollingUpdatePolicy": policy, "X": 1}
    )
    text = " ".join(problems_of("sagemaker", "UpdateEndpoint", wrong))
    for each in ("X", "PERCENT", "3601", "Value"):
        assert each in text


def test_alarms_watch_this_endpoint_every_minute() -> None:
    errors, latency = alarm_requests(
        Rollout(strategy="canary", max_5xx_per_minute=3, max_p95_ms=12.5), "modeldrop-vgg", CONFIG
    )
    for request in (errors, latency):
        assert {each["Name"]: each["Value"] for each in request["Dimensions"]} == {
            "EndpointName": "modeldrop-vgg",
            "VariantName": "primary",
            "EndpointConfigName": CONFIG,
        }
        assert (request["Period"], request["TreatMissingData"]) == (60, "notBreaching")
    assert (errors["MetricName"], errors["Statistic"]) == ("Invocation5XXErrors", "Sum")
    assert errors["Threshold"] == 3
    assert (latency["MetricName"], latency["ExtendedStatistic"]) == ("ModelLatency", "p95")
    assert latency["Threshold"] == 12_500  # microseconds
