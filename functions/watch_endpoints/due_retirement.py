"""Decides whether an endpoint is due for retirement or needs attention. Pure.

A running execution that owns an endpoint handles its timeouts, rolls back and publishes the result.
This module covers endpoints without a running execution.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from workflow.contracts.retire_model import RetirementReason
from workflow.versions.endpoint import SETTLED

OF_AWS = "SystemUpdating"
"""AWS itself updates the endpoint (DescribeEndpoint API reference)."""


@dataclass(frozen=True)
class Limits:
    """Limits from the template's parameters. An `idle_hours` of 0 means no limit."""

    timeout: timedelta
    idle_hours: int
    idle_action: Literal["notify", "retire"]


@dataclass(frozen=True)
class EndpointState:
    """One endpoint of this stack at one moment.

    Attributes:
        version: the version that it serves, or changes to.
        status: EndpointStatus.
        changed: when the status began.
        staging: whether it is a version's staging endpoint, not the model's own.
        verified: whether the version passed its smoke test.
        previous_verified: whether a verified version was live before it.
        owned: whether the execution that deploys the version is still running.
        deployed_at: when the version went live; None if never.
        hours_to_live: the spec's limit, counted from that time; None if there is none.
        invocations: the number of invocations in the last `idle_hours`.
        shadow_test: whether it has a shadow variant, which the execution that added it removes.
        has_instances: false for an endpoint that costs nothing: serverless, or scaled to zero.
        asleep: whether live.json says that the model sleeps with this version.
    """

    version: str
    status: str
    changed: datetime
    staging: bool
    verified: bool
    previous_verified: bool
    owned: bool
    deployed_at: datetime | None
    hours_to_live: float | None
    invocations: float
    has_instances: bool = True
    shadow_test: bool = False
    asleep: bool = False


@dataclass(frozen=True)
class DueRetirement:
    """The retirement to request, or the notice to send.

    Attributes:
        reason_text: one sentence.
        keep_versions: whether to put the model to sleep instead.
    """

    reason: RetirementReason
    notify_only: bool
    reason_text: str
    keep_versions: bool = False


def due_retirement(endpoint: EndpointState, limits: Limits, now: datetime) -> DueRetirement | None:
    """Return the retirement that is due; None if the endpoint is healthy or owned."""
    if endpoint.owned or endpoint.status == OF_AWS:
        return None
    if endpoint.status not in SETTLED:
        return _in_transition(endpoint, limits, now)
    if endpoint.shadow_test:
        return _stuck(
            f"It still sends copies of requests for version {endpoint.version} to a shadow "
            "variant, and the execution of that test has ended. To end it, upload a model, roll "
            "back, or run modeldrop orphans --delete.",
            notify_only=True,
        )
    if endpoint.staging:
        return _stuck(f"Version {endpoint.version} was tested here, and its execution has ended.")
    if endpoint.asleep:
        return DueRetirement(
            RetirementReason.STUCK,
            notify_only=False,
            reason_text="It should sleep, and the execution that put it to sleep, or woke it, was "
            "stopped.",
            keep_versions=True,
        )
    if not endpoint.verified:
        return _stuck(
            f"Version {endpoint.version} never passed its smoke test, and its execution has ended.",
            notify_only=endpoint.previous_verified,
        )
    if endpoint.status != "InService":
        return _stuck(
            f"The endpoint is {endpoint.status} and does not respond to requests.", notify_only=True
        )
    return _expired(endpoint, now) or _idle(endpoint, limits, now)


def _stuck(reason_text: str, *, notify_only: bool = False) -> DueRetirement:
    return DueRetirement(RetirementReason.STUCK, notify_only, reason_text)


def _in_transition(endpoint: EndpointState, limits: Limits, now: datetime) -> DueRetirement | None:
    age = now - endpoint.changed
    if age <= limits.timeout:
        return None
    hours = age.total_seconds() / 3600
    return _stuck(
        f"It has been {endpoint.status} for {hours:.1f} hours, and no running execution owns it.",
        notify_only=True,
    )


def _expired(endpoint: EndpointState, now: datetime) -> DueRetirement | None:
    hours = endpoint.hours_to_live
    if endpoint.deployed_at is None or hours is None:
        return None
    # The number comes from deploy.yaml: a date in the year 10000 would be an error.
    if (now - endpoint.deployed_at).total_seconds() < hours * 3600:
        return None
    reason_text = f"The time to live of {hours:g} hours in its deploy.yaml has expired."
    return DueRetirement(RetirementReason.TIME_TO_LIVE, notify_only=False, reason_text=reason_text)


def _idle(endpoint: EndpointState, limits: Limits, now: datetime) -> DueRetirement | None:
    if not limits.idle_hours or endpoint.deployed_at is None or endpoint.invocations:
        return None
    if not endpoint.has_instances:
        return None
    if now < endpoint.deployed_at + timedelta(hours=limits.idle_hours):
        return None
    reason_text = f"It has had no requests in the last {limits.idle_hours} hours."
    notify_only = limits.idle_action == "notify"
    return DueRetirement(RetirementReason.IDLE, notify_only, reason_text)
