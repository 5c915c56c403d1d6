"""The two schedules of a model in EventBridge Scheduler: one for sleeping, and one for waking."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from workflow.aws.aws_errors import code
from workflow.aws.clients import scheduler

if TYPE_CHECKING:
    from mypy_boto3_scheduler.type_defs import CreateScheduleInputTypeDef

RETRY_SECONDS = 3600
"""EventBridge Scheduler retries for an hour, then waits for the next scheduled time."""

_KINDS = ("sleep", "wake")


def put_schedule(
    endpoint: str,
    kind: str,
    expression: str,
    timezone: str,
    machine_arn: str,
    role_arn: str,
    content: dict[str, Any],
) -> None:
    """Create or replace the schedule that starts an execution. Idempotent.

    Args:
        endpoint: the model's endpoint.
        kind: sleep or wake.
        expression: a schedule expression of EventBridge Scheduler.
        timezone: a name of the IANA time zone database.
        machine_arn: the ARN of the state machine.
        role_arn: the ARN of the role that EventBridge Scheduler assumes.
        content: the input of the execution.
    """
    request: CreateScheduleInputTypeDef = {
        "Name": _name(endpoint, kind),
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": timezone,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": machine_arn,
            "RoleArn": role_arn,
            "Input": json.dumps(content),
            "RetryPolicy": {"MaximumEventAgeInSeconds": RETRY_SECONDS},
        },
    }
    try:
        scheduler().create_schedule(**request)
    except ClientError as error:
        if code(error) != "ConflictException":
            raise
        scheduler().update_schedule(**request)


def remove_schedules(endpoint: str) -> None:
    """Delete both schedules; idempotent."""
    for kind in _KINDS:
        try:
            scheduler().delete_schedule(Name=_name(endpoint, kind))
        except ClientError as error:
            if code(error) != "ResourceNotFoundException":
                raise


def _name(endpoint: str, kind: str) -> str:
    return f"{endpoint}-{kind}"
