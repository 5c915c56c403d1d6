"""Adds time zones, role permissions and the scheduled time to MiniStack's EventBridge Scheduler.

MiniStack's patched module calls this module. Sources: EventBridge Scheduler API reference,
CreateSchedule; EventBridge Scheduler user guide, "Schedule types", "Adding context attributes" and
"Set up the execution role".
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from model_packager.executions.inputs import SCHEDULED_TIME
from modeldrop.local.ministack.in_process.policy_evaluation import assume, check
from modeldrop.local.ministack.policy_checks import CheckRequest, Permission, SessionRequest

SERVICE = "scheduler.amazonaws.com"

_logger = logging.getLogger("scheduler")


def refusal(body: Mapping[str, Any]) -> str | None:
    """Return why AWS rejects a schedule, or None if AWS accepts it."""
    timezone = body.get("ScheduleExpressionTimezone", "UTC")
    if timezone not in available_timezones():
        return f"Invalid ScheduleExpressionTimezone {timezone}."
    if assume(_session(body["Target"])).error is not None:
        return (
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the "
            "role."
        )
    return None


def next_time(
    cron_next: Callable[[Any, datetime], datetime | None],
    fields: Any,
    after: datetime,
    schedule: Mapping[str, Any],
) -> datetime | None:
    """Return the next time of a cron expression in the schedule's time zone.

    Args:
        cron_next: MiniStack's function, which uses the time zone of its second argument.
        fields: the parsed expression.
        after: the previous time.
        schedule: the schedule.
    """
    return cron_next(fields, after.astimezone(ZoneInfo(schedule["ScheduleExpressionTimezone"])))


def fire(
    invoke: Callable[[dict[str, Any], Mapping[str, Any], Any], None],
    target: Mapping[str, Any],
    event: Mapping[str, Any],
    schedule: Any,
) -> None:
    """Start the target's execution with the permissions of the schedule's role.

    Args:
        invoke: MiniStack's function, which checks no permissions.
        target: the schedule's target.
        event: the event that MiniStack passes to `invoke`.
        schedule: the schedule.
    """
    session = assume(_session(target))
    permission = Permission(action="states:StartExecution", resource=target["Arn"])
    checked = check(CheckRequest(access_key=session.access_key, permissions=[permission]))
    problem = session.error or checked.error or next(iter(checked.denials), None)
    if problem is not None:
        _logger.error("%s did not start %s: %s", schedule["Name"], target["Arn"], problem.message)
        return
    time = f"{datetime.fromtimestamp(event['Time'], UTC):%Y-%m-%dT%H:%M:%SZ}"
    content = target.get("Input", "{}").replace(SCHEDULED_TIME, time)
    invoke({**target, "Input": content}, event, schedule)


def _session(target: Mapping[str, Any]) -> SessionRequest:
    return SessionRequest(role_arn=target["RoleArn"], service=SERVICE, session_name="scheduler")
