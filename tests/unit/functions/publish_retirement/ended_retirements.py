"""A retirement for each result, for the golden files and docs/notifications.md."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from model_packager.stored import CaughtError
from publish_retirement.notification import RetirementNotification, build_notification
from tests.unit.functions.samples import ACCOUNT, ENDPOINT, OLDER, REGION, VERSION, source
from workflow.contracts.retire_model import (
    DeletedObject,
    PublishRetirementInput,
    Retirement,
    RetirementDecision,
    RetirementReason,
    RetirementRequest,
)
from workflow.notify.message import LiveState

EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:modeldrop-retire-model:idle-20260809"
SINCE = datetime(2026, 8, 1, 15, 16, 2, tzinfo=UTC)
STAGING = f"{ENDPOINT}-20260801t151224z-3f9a1c2b"
RETIREMENT = Retirement(
    model="resnet",
    endpoint=ENDPOINT,
    target=ENDPOINT,
    version=VERSION,
    source=source("0f343b0931126a20f133d67c2b018a3b"),
    reason_text="It has had no requests in the last 24 hours.",
    until=None,
    number=4,
)
FAILURE = CaughtError(
    state="Retire Model",
    error="RetirementTimedOut",
    cause="The endpoint could not be deleted within 3600 seconds.",
)
REMOVED = [f"endpoint {ENDPOINT}", f"version {OLDER}", f"version {VERSION}"]


def ended(
    reason: RetirementReason,
    reason_text: str = RETIREMENT.reason_text,
    decision: RetirementDecision | None = RetirementDecision.RETIRE,
    live: str | None = None,
    target: str = ENDPOINT,
    **changed: Any,
) -> RetirementNotification:
    """Return the notification of a retirement."""
    fields: dict[str, Any] = {
        "request": RetirementRequest(reason=reason, model="resnet"),
        "execution_arn": EXECUTION,
        "decision": decision,
        "retirement": RETIREMENT.model_copy(update={"reason_text": reason_text, "target": target}),
        "failure": None,
        "removed": [],
        "remaining": [],
    }
    return build_notification(
        PublishRetirementInput.model_validate(fields | changed),
        live=LiveState(live, SINCE, "v4") if live else LiveState(),
        region=REGION,
    )


_NOTICE = RetirementDecision.NOTICE
_DELETED = "s3://drops/resnet/model.pt was deleted."

RETIREMENTS = {
    "RETIRED_BY_COMMAND": ended(
        RetirementReason.COMMAND, "`modeldrop delete` requested it.", removed=REMOVED
    ),
    "RETIRED_OBJECT_DELETED": ended(RetirementReason.OBJECT_DELETED, _DELETED, removed=REMOVED),
    "RETIRED_TIME_TO_LIVE": ended(
        RetirementReason.TIME_TO_LIVE,
        "The time to live of 48 hours in its deploy.yaml has expired.",
        removed=REMOVED,
    ),
    "RETIRED_IDLE": ended(RetirementReason.IDLE, removed=REMOVED),
    "RETIRED_STAGING": ended(
        RetirementReason.STUCK,
        f"Version {VERSION} was tested here, and its execution has ended.",
        live=VERSION,
        target=STAGING,
        removed=[f"endpoint {STAGING}"],
    ),
    "ASLEEP": ended(
        RetirementReason.COMMAND,
        "`modeldrop sleep` requested it.",
        request=RetirementRequest(
            reason=RetirementReason.COMMAND, model="resnet", keep_versions=True
        ),
        removed=REMOVED[:1],
    ),
    "ASLEEP_BY_SCHEDULE": ended(
        RetirementReason.SCHEDULE,
        "The schedule in its deploy.yaml requested it.",
        request=RetirementRequest(
            reason=RetirementReason.SCHEDULE, model="resnet", keep_versions=True
        ),
        removed=REMOVED[:1],
    ),
    "FAILED_TO_SLEEP": ended(
        RetirementReason.COMMAND,
        live=VERSION,
        request=RetirementRequest(
            reason=RetirementReason.COMMAND, model="resnet", keep_versions=True
        ),
        failure=FAILURE,
        remaining=[f"endpoint {ENDPOINT}"],
    ),
    "NOTICE_OBJECT_DELETED": ended(RetirementReason.OBJECT_DELETED, _DELETED, _NOTICE, VERSION),
    "NOTICE_IDLE": ended(RetirementReason.IDLE, decision=_NOTICE, live=VERSION),
    "NOTICE_STUCK": ended(
        RetirementReason.STUCK,
        "It has been Updating for 3.2 hours, and no running execution owns it.",
        _NOTICE,
        VERSION,
    ),
    "FAILED": ended(
        RetirementReason.COMMAND,
        live=VERSION,
        failure=FAILURE,
        remaining=[f"endpoint {ENDPOINT}"],
    ),
    "FAILED_UNKNOWN_MODEL": ended(
        RetirementReason.OBJECT_DELETED,
        decision=None,
        request=RetirementRequest(
            reason=RetirementReason.OBJECT_DELETED,
            deleted=DeletedObject(bucket="drops", key="cat/model.pt"),
        ),
        retirement=None,
        failure=CaughtError(state="Decide Retirement", error="States.Timeout", cause=""),
    ),
}
"""The notifications by the name of the golden file."""
