"""Taking a model off: asking the retire workflow for it, and following it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from modeldrop.dropping.drop import check_name
from modeldrop.errors import UsageError
from modeldrop.executions.execution_name import execution_name
from modeldrop.executions.following import follow
from modeldrop.executions.outcome import read_outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from boto3 import Session
    from mypy_boto3_stepfunctions import SFNClient

    from modeldrop.executions.following import StateVisit
    from modeldrop.executions.published import Published

MACHINE = "RetireModelStateMachineArn"


def retire(
    session: Session,
    outputs: Mapping[str, str],
    model: str,
    watch: Callable[[list[StateVisit]], None] = lambda _visits: None,
) -> Published:
    """Remove everything that was made for a model; the drop itself stays in its bucket.

    Args:
        session: of the account that the stack is in.
        outputs: the stack's.
        model: its name.
        watch: is given the states visited so far, again and again.

    Returns:
        the notification; its status is RETIRED or FAILED.

    Raises:
        UsageError: there is nothing of that name, or a later drop has taken its place.
        ModelRejected: the name cannot be a model's.
    """
    check_name(model)
    stepfunctions = session.client("stepfunctions")
    arn = start(stepfunctions, outputs[MACHINE], model, datetime.now(UTC))
    for visits in follow(stepfunctions, arn):
        watch(visits)
    ended = stepfunctions.describe_execution(executionArn=arn)
    decided = json.loads(ended.get("output", "{}"))
    if decided.get("decision") == "NOTHING":
        raise UsageError(f"There is no model {model} here: no endpoint, no version, no files.")
    if decided.get("overtaken"):
        raise UsageError(f"{model} was dropped again meanwhile. What the later drop made stays.")
    return read_outcome(stepfunctions, arn).notification


def start(stepfunctions: SFNClient, machine_arn: str, model: str, now: datetime) -> str:
    """Start the workflow, and give the execution's ARN."""
    request = {"retire": {"model": model, "reason": "COMMAND"}, "time": now.isoformat()}
    started = stepfunctions.start_execution(
        stateMachineArn=machine_arn,
        name=execution_name(model, "delete", now),
        input=json.dumps(request),
    )
    return started["executionArn"]
