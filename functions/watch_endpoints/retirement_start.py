"""Starts a retirement at most once a day for the same endpoint, version and reason.

The execution's name contains all of these, and Step Functions does not reuse a name for 90 days
(StartExecution API reference). So nothing has to record which notices were sent
(docs/decisions/0010-step-functions-prevents-repeated-notices.md).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from workflow.aws.aws_errors import code
from workflow.aws.clients import stepfunctions
from workflow.contracts.retire_model import RetirementReason, RetirementRequest

if TYPE_CHECKING:
    from datetime import datetime

    from watch_endpoints.due_retirement import DueRetirement
    from watch_endpoints.observation import Observed

# A name may be only a little longer than that of a config (aws_limits.EXECUTION_NAME).
_SHORT = {
    RetirementReason.TIME_TO_LIVE: "expired",
    RetirementReason.IDLE: "idle",
    RetirementReason.STUCK: "stuck",
}


def start(machine_arn: str, observed: Observed, due: DueRetirement, now: datetime) -> list[str]:
    """Start the retirement; return its name, or nothing if it was already started today."""
    name = execution_name(observed.config, due.reason, now)
    request = RetirementRequest(
        reason=due.reason,
        model=observed.model,
        target=observed.name if observed.state.staging else None,
        version=observed.state.version,
        notify_only=due.notify_only,
        keep_versions=due.keep_versions,
        reason_text=due.reason_text,
    )
    content = {"retire": request.model_dump(mode="json"), "time": now.isoformat()}
    try:
        stepfunctions().start_execution(
            stateMachineArn=machine_arn, name=name, input=json.dumps(content)
        )
    except ClientError as error:
        if code(error) == "ExecutionAlreadyExists":
            return []
        raise
    return [name]


def execution_name(config: str, reason: RetirementReason, now: datetime) -> str:
    """Name the execution after config, reason and day."""
    return f"{config}-{_SHORT[reason]}-{now:%Y%m%d}"
