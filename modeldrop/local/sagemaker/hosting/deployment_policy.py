"""Reads and validates a DeploymentConfig, which defines how an update shifts traffic.

The rules are from botocore's model and SageMaker's developer guide, "Deployment guardrails for
updating models in production" (and its pages on canary, linear and rolling deployments and on
exclusions). AWS does not document the error messages, so these are ours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from model_packager.aws_limits import (
    CANARY_PERCENT,
    LINEAR_PERCENT,
    ROLLBACK_PERCENT,
    ROLLING_PERCENT,
    Limit,
)
from modeldrop.local.sagemaker.errors import invalid
from modeldrop.local.sagemaker.hosting.fleet_plan import VariantPlan


@dataclass(frozen=True)
class DeploymentPolicy:
    """How an update shifts traffic. By default, all traffic shifts at once, without waiting.

    Attributes:
        shares: the new fleet's share of the traffic in each step; the last is 1.
        rollback_shares: the new fleet's share in each step of a rollback; the last is 0.
        wait_seconds: the baking period after each step.
        termination_wait_seconds: how long the old fleet keeps running after the last step.
        maximum_seconds: the time limit of the deployment.
        alarms: the names of the CloudWatch alarms that trigger a rollback.
    """

    shares: tuple[float, ...] = (1.0,)
    rollback_shares: tuple[float, ...] = (0.0,)
    wait_seconds: float = 0.0
    termination_wait_seconds: float = 0.0
    maximum_seconds: float = math.inf
    alarms: tuple[str, ...] = ()


def deployment_policy(
    config: dict[str, Any] | None, new: Sequence[VariantPlan], old: Sequence[VariantPlan] | None
) -> DeploymentPolicy:
    """Return the policy of a DeploymentConfig.

    With the type INSTANCE_COUNT, the first variant's instance count determines the shares.

    Args:
        config: the DeploymentConfig of the request, or None.
        new: the variants to deploy.
        old: the live variants, or None for a new endpoint.

    Raises:
        ApiError: the config is invalid.
    """
    if config is None:
        return DeploymentPolicy()
    if old is not None and {each.name for each in new} != {each.name for each in old}:
        raise invalid(
            "The new endpoint configuration must have the same variant names as the old one: "
            f"{_names(old)}. It has: {_names(new)}."
        )
    if "BlueGreenUpdatePolicy" in config and "RollingUpdatePolicy" in config:
        raise invalid("Only one update policy should be used in the deployment configuration.")
    alarms = tuple(
        alarm["AlarmName"]
        for alarm in config.get("AutoRollbackConfiguration", {}).get("Alarms", ())
    )
    if "RollingUpdatePolicy" in config:
        return _rolling(config["RollingUpdatePolicy"], new, alarms)
    if "BlueGreenUpdatePolicy" in config:
        return _blue_green(config["BlueGreenUpdatePolicy"], new, alarms)
    return DeploymentPolicy(alarms=alarms)


def _blue_green(
    policy: dict[str, Any], variants: Sequence[VariantPlan], alarms: tuple[str, ...]
) -> DeploymentPolicy:
    routing = policy["TrafficRoutingConfiguration"]
    return _within_time_limit(
        DeploymentPolicy(
            shares=_shares(routing, variants),
            wait_seconds=routing["WaitIntervalInSeconds"],
            termination_wait_seconds=policy.get("TerminationWaitInSeconds", 0),
            maximum_seconds=policy.get("MaximumExecutionTimeoutInSeconds", math.inf),
            alarms=alarms,
        )
    )


def _shares(routing: dict[str, Any], variants: Sequence[VariantPlan]) -> tuple[float, ...]:
    kind = routing["Type"]
    for member, owner in (("CanarySize", "CANARY"), ("LinearStepSize", "LINEAR")):
        if (member in routing) != (kind == owner):
            problem = "is required with" if kind == owner else "cannot be used with"
            raise invalid(f"{member} {problem} traffic routing type {kind}.")
    if kind == "CANARY":
        return (_share(routing, "CanarySize", variants, CANARY_PERCENT), 1.0)
    if kind == "LINEAR":
        return _steps(_share(routing, "LinearStepSize", variants, LINEAR_PERCENT))
    return (1.0,)


def _rolling(
    policy: dict[str, Any], variants: Sequence[VariantPlan], alarms: tuple[str, ...]
) -> DeploymentPolicy:
    if len(variants) > 1:
        raise invalid(
            "A rolling deployment requires an endpoint with exactly one production variant."
        )
    batch = _share(policy, "MaximumBatchSize", variants, ROLLING_PERCENT)
    rollback = 1.0
    if "RollbackMaximumBatchSize" in policy:
        rollback = _share(policy, "RollbackMaximumBatchSize", variants, ROLLBACK_PERCENT)
    return _within_time_limit(
        DeploymentPolicy(
            shares=_steps(batch),
            rollback_shares=tuple(1 - share for share in _steps(rollback)),
            wait_seconds=policy["WaitIntervalInSeconds"],
            maximum_seconds=policy.get("MaximumExecutionTimeoutInSeconds", math.inf),
            alarms=alarms,
        )
    )


def _share(
    policy: dict[str, Any],
    member: str,
    variants: Sequence[VariantPlan],
    percent: Limit,
) -> float:
    """Return a CapacitySize as a share of 1, after checking the limit for each variant."""
    size = policy[member]
    shares = [
        size["Value"] / (100 if size["Type"] == "CAPACITY_PERCENT" else each.instance_count)
        for each in variants
    ]
    for each, share in zip(variants, shares, strict=True):
        if not percent.least / 100 <= share <= percent.value / 100:
            raise invalid(
                f"{member} must be {percent.least}-{percent.value}% of the total instance count of "
                f"variant {each.name}, which is {each.instance_count}: {size['Value']} "
                f"({size['Type']}) is {share:.0%}."
            )
    return float(shares[0])


def _steps(step: float) -> tuple[float, ...]:
    """Return the cumulative shares of equal steps up to 1; the last step may be smaller."""
    count = math.ceil(1 / step - 1e-9)
    return (*(step * number for number in range(1, count)), 1.0)


def _within_time_limit(policy: DeploymentPolicy) -> DeploymentPolicy:
    waits = len(policy.shares) * policy.wait_seconds + policy.termination_wait_seconds
    if policy.maximum_seconds <= waits:
        # "the timeout value should be larger than the total waiting time" (BlueGreenUpdatePolicy)
        raise invalid(
            f"MaximumExecutionTimeoutInSeconds is {policy.maximum_seconds}, but must be larger "
            f"than the total waiting time, which is {waits}."
        )
    return policy


def _names(variants: Sequence[VariantPlan]) -> str:
    return ", ".join(sorted(each.name for each in variants))
