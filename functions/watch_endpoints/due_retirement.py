"""Whether an endpoint is to be retired, or somebody is to look at it. Pure: facts in, verdict out.

An endpoint that an execution has in hand is that execution's own: it watches its time-outs, rolls
back, and tells. This is for those that nobody looks after any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from workflow.contracts.retire_model import RetirementReason
from workflow.versions.endpoint import SETTLED

OF_AWS = "SystemUpdating"
"""AWS itself is at it (DescribeEndpoint API reference)."""


@dataclass(frozen=True)
class Limits:
    """What the template allows. `idle_hours` of 0: endpoints may be idle for ever."""

    timeout: timedelta
    idle_hours: int
    idle_action: Literal["notify", "retire"]


@dataclass(frozen=True)
class Watched:
    """One endpoint of ours, at one moment.

    Attributes:
        version: that it runs on, or is on its way to.
        status: SageMaker's word for it.
        changed: when that began.
        staging: it is not the model's own, but one that the version was tested on.
        verified: the version has passed its test.
        replaceable: a version that has passed was there before it.
        in_hand: the execution that brought the version here goes on.
        deployed_at: when the version went live; None where it never did.
        hours_to_live: what its spec allows from then on; None: for ever.
        invocations: how many there were in the last idle hours.
    """

    version: str
    status: str
    changed: datetime
    staging: bool
    verified: bool
    replaceable: bool
    in_hand: bool
    deployed_at: datetime | None
    hours_to_live: float | None
    invocations: float


@dataclass(frozen=True)
class Verdict:
    """What to ask the retirement for; `because` is one sentence."""

    reason: RetirementReason
    only_tell: bool
    because: str


def verdict(seen: Watched, limits: Limits, now: datetime) -> Verdict | None:
    """Judge one endpoint; None: all is well, or somebody looks after it."""
    if seen.in_hand or seen.status == OF_AWS:
        return None
    if seen.status not in SETTLED:
        return _in_transition(seen, limits, now)
    if seen.staging:
        return _stuck(f"Version {seen.version} was tested here, and that execution has ended.")
    if not seen.verified:
        return _stuck(
            f"Version {seen.version} has never passed its test, and the execution that brought it "
            "has ended.",
            only_tell=seen.replaceable,
        )
    if seen.status != "InService":
        return _stuck(f"It is {seen.status}, and answers nobody.", only_tell=True)
    return _expired(seen, now) or _idle(seen, limits, now)


def _stuck(because: str, *, only_tell: bool = False) -> Verdict:
    return Verdict(RetirementReason.STUCK, only_tell, because)


def _in_transition(seen: Watched, limits: Limits, now: datetime) -> Verdict | None:
    age = now - seen.changed
    if age <= limits.timeout:
        return None
    hours = age.total_seconds() / 3600
    return _stuck(
        f"It has been {seen.status} for {hours:.1f} hours, and nobody looks after it.",
        only_tell=True,
    )


def _expired(seen: Watched, now: datetime) -> Verdict | None:
    if seen.deployed_at is None or seen.hours_to_live is None:
        return None
    if now < seen.deployed_at + timedelta(hours=seen.hours_to_live):
        return None
    because = f"The {seen.hours_to_live:g} hours that its deploy.yaml gives it are over."
    return Verdict(RetirementReason.TIME_TO_LIVE, only_tell=False, because=because)


def _idle(seen: Watched, limits: Limits, now: datetime) -> Verdict | None:
    if not limits.idle_hours or seen.deployed_at is None or seen.invocations:
        return None
    if now < seen.deployed_at + timedelta(hours=limits.idle_hours):
        return None
    because = f"It has had no request in the last {limits.idle_hours} hours."
    only_tell = limits.idle_action == "notify"
    return Verdict(RetirementReason.IDLE, only_tell, because)
