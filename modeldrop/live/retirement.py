"""Retiring a model: starting the retire workflow and following it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from modeldrop.dropping.drop import check_name
from modeldrop.errors import UsageError
from modeldrop.executions.execution_name import execution_name
from modeldrop.executions.following import follow
from modeldrop.executions.outcome import read_outcome
from modeldrop.model_names import unknown_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from boto3 import Session
    from mypy_boto3_stepfunctions import SFNClient

    from model_packager.execution_history import StateVisit
    from modeldrop.executions.published import Published

MACHINE = "RetireModelStateMachineArn"


def retire(
    session: Session,
    outputs: Mapping[str, str],
    model: str,
    watch: Callable[[list[StateVisit]], None] = lambda _visits: None,
) -> Published:
    """Remove the endpoint and all versions of a model; the drop stays in its bucket.

    Args:
        session: of the stack's account.
        outputs: of the stack.
        model: its name.
        watch: called with the visited states at each poll.

    Returns:
        the notification; its status is RETIRED or FAILED.

    Raises:
        UsageError: there is no such model, or a later drop replaced it.
    """
    check_name(model)
    stepfunctions = session.client("stepfunctions")
    arn = start(stepfunctions, outputs[MACHINE], model, datetime.now(UTC))
    for visits in follow(stepfunctions, arn, poll_seconds=1.0):
        watch(visits)
    ended = stepfunctions.describe_execution(executionArn=arn)
    decided = json.loads(ended.get("output", "{}"))
    if decided.get("decision") == "NOTHING":
        bucket = outputs["ArtifactBucketName"]
        raise unknown_model(session.client("s3"), bucket, model, f'No model named "{model}".')
    if decided.get("overtaken"):
        raise UsageError(f"{model} was uploaded again meanwhile. The later version stays.")
    return read_outcome(stepfunctions, arn).notification


def start(stepfunctions: SFNClient, machine_arn: str, model: str, now: datetime) -> str:
    """Start the workflow and return the ARN of the execution."""
    request = {"retire": {"model": model, "reason": "COMMAND"}, "time": now.isoformat()}
    started = stepfunctions.start_execution(
        stateMachineArn=machine_arn,
        name=execution_name(model, "delete", now),
        input=json.dumps(request),
    )
    return started["executionArn"]
