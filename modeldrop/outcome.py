"""How an execution of the workflow ended, and waiting for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from modeldrop.execution import follow
from modeldrop.mistake import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_stepfunctions import SFNClient

    from modeldrop.execution import StateVisit
    from modeldrop.notification_queue import NotificationQueue, Published

    Watch = Callable[[list[StateVisit]], None]


@dataclass(frozen=True)
class Outcome:
    """How a drop ended: `execution_status` is Step Functions' own word."""

    execution_arn: str
    execution_status: str
    notification: Published


def wait_for_outcome(
    stepfunctions: SFNClient,
    arn: str,
    queue: NotificationQueue,
    watch: Watch = lambda _visits: None,
) -> Outcome:
    """Follow an execution to its notification.

    Args:
        stepfunctions: where it runs.
        arn: the execution's.
        queue: opened before the execution could end.
        watch: is given the states visited so far, again and again.

    Raises:
        Mistake: no notification has come.
    """
    for visits in follow(stepfunctions, arn):
        watch(visits)
    ended = stepfunctions.describe_execution(executionArn=arn)
    try:
        return Outcome(arn, ended["status"], queue.wait_for(arn))
    except Mistake as error:
        why = f"{ended.get('error', '')}: {ended.get('cause', '')}"
        raise Mistake(f"{error} The execution ended {ended['status']} ({why})") from error
