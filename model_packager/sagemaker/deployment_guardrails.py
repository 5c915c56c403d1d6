"""Deployment guardrails: the rollout configuration for SageMaker, and its CloudWatch alarms.

Source: SageMaker developer guide, "Deployment guardrails"; UpdateEndpoint API reference.
"""

from collections.abc import Sequence
from typing import Any

from model_packager.aws_limits import ROLLOUT_SECONDS
from model_packager.sagemaker.cloudwatch import NAMESPACE, invocation_dimensions
from model_packager.sagemaker.requests import Request
from model_packager.spec.operation_spec import LONGEST_WAIT_SECONDS, Rollout

_STARTING_SECONDS = ROLLOUT_SECONDS.value - LONGEST_WAIT_SECONDS
"""The time for new instances to start, in addition to the waits: download and start timeouts."""


def is_guarded(rollout: Rollout) -> bool:
    """Return whether the rollout needs more than a plain update."""
    if rollout.strategy in {"all_at_once", "shadow"}:
        return rollout.termination_wait_seconds > 0
    return True


def waiting_seconds(rollout: Rollout, instances: int) -> int:
    """Return the total of the configured waits during the rollout, in seconds."""
    if not is_guarded(rollout):
        return 0
    steps = 1 if instances == 1 else rollout.steps()
    return steps * rollout.wait_seconds + rollout.termination_wait_seconds


def guardrails(rollout: Rollout, instances: int, alarms: Sequence[str]) -> Request | None:
    """Return the DeploymentConfig of UpdateEndpoint; None for a plain update.

    A single instance has no canary, because the canary would be the whole fleet, and SageMaker
    allows at most 50 percent. So all traffic moves at once, and SageMaker keeps the old instance
    for the same time, ready for a rollback.

    Args:
        rollout: that part of the spec.
        instances: the number of instances in the new config.
        alarms: the names of the CloudWatch alarms that trigger a rollback.
    """
    if not is_guarded(rollout):
        return None
    back = {"Alarms": [{"AlarmName": name} for name in alarms]}
    limit = waiting_seconds(rollout, instances) + _STARTING_SECONDS
    if rollout.strategy == "rolling" and instances > 1:
        policy: Request = {
            "MaximumBatchSize": _capacity(rollout.size_percent),
            "WaitIntervalInSeconds": rollout.wait_seconds,
            "MaximumExecutionTimeoutInSeconds": limit,
        }
        return {"RollingUpdatePolicy": policy, "AutoRollbackConfiguration": back}
    keep = rollout.termination_wait_seconds
    if instances == 1 and rollout.strategy != "all_at_once":
        keep += rollout.wait_seconds
    policy = {
        "TrafficRoutingConfiguration": _routing(rollout, instances),
        "TerminationWaitInSeconds": min(keep, 3600),
        "MaximumExecutionTimeoutInSeconds": limit,
    }
    return {"BlueGreenUpdatePolicy": policy, "AutoRollbackConfiguration": back}


def _routing(rollout: Rollout, instances: int) -> Request:
    if instances == 1 or rollout.strategy == "all_at_once":
        return {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    key = {"canary": "CanarySize", "linear": "LinearStepSize"}[rollout.strategy]
    return {
        "Type": rollout.strategy.upper(),
        "WaitIntervalInSeconds": rollout.wait_seconds,
        key: _capacity(rollout.size_percent),
    }


def _capacity(percent: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": percent}


def alarm_names(config: str) -> tuple[str, str]:
    """Return the names of a rollout's alarms: for 5XX responses and for latency."""
    return f"{config}-5xx", f"{config}-latency"


def alarm_requests(rollout: Rollout, endpoint: str, config: str) -> list[Request]:
    """Return the parameters of PutMetricAlarm for each alarm of a rollout.

    Invocation5XXErrors counts responses, ModelLatency is in microseconds (SageMaker developer
    guide, "Monitor SageMaker with CloudWatch"). The dimension EndpointConfigName excludes the old
    fleet (SageMaker developer guide, "Auto-Rollback Configuration and Monitoring"). Without
    requests, the alarms stay silent.
    """
    errors, latency = alarm_names(config)
    shared: Request = {
        "Namespace": NAMESPACE,
        "Dimensions": [
            *invocation_dimensions(endpoint),
            {"Name": "EndpointConfigName", "Value": config},
        ],
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    requests: list[Request] = [
        shared
        | {
            "AlarmName": errors,
            "AlarmDescription": f"5XX responses while {config} goes live on {endpoint}.",
            "MetricName": "Invocation5XXErrors",
            "Statistic": "Sum",
            "Threshold": float(rollout.max_5xx_per_minute),
        }
    ]
    if rollout.max_p95_ms is not None:
        requests.append(
            shared
            | {
                "AlarmName": latency,
                "AlarmDescription": f"Latency while {config} goes live on {endpoint}.",
                "MetricName": "ModelLatency",
                "ExtendedStatistic": "p95",
                "Threshold": rollout.max_p95_ms * 1000,
            }
        )
    return requests
