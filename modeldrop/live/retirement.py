"""Starts and follows the workflow that retires a model or puts it to sleep."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from model_packager.executions.inputs import sleep_input
from modeldrop.errors import UsageError
from modeldrop.executions.execution_name import execution_name
from modeldrop.executions.following import follow
from modeldrop.executions.outcome import read_outcome
from modeldrop.model_names import check_name, unknown_model
from modeldrop.stored_documents import read_live

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from boto3 import Session
    from mypy_boto3_stepfunctions import SFNClient

    from model_packager.executions.history import StateVisit
    from modeldrop.executions.published import Published

Command = Literal["delete", "sleep"]

MACHINE = "RetireModelStateMachineArn"


def retire(
    session: Session,
    outputs: Mapping[str, str],
    model: str,
    watch: Callable[[list[StateVisit]], None] = lambda _visits: None,
) -> Published:
    """Remove the endpoint and all versions of a model; the drop stays in its bucket.

    Args:
        session: a session for the stack's account.
        outputs: the stack's outputs.
        model: the model's name.
        watch: called with the visited states at each poll.

    Returns:
        The notification, with the status RETIRED or FAILED.

    Raises:
        UsageError: there is no such model, or a later drop replaced it.
    """
    ended = _run(session, outputs, model, "delete", watch)
    if ended is None:
        bucket = outputs["ArtifactBucketName"]
        raise unknown_model(session.client("s3"), bucket, model, f'No model named "{model}".')
    return ended


def put_to_sleep(
    session: Session,
    outputs: Mapping[str, str],
    model: str,
    watch: Callable[[list[StateVisit]], None] = lambda _visits: None,
) -> Published:
    """Delete the endpoint of a model, and keep its versions.

    Args:
        session: a session for the stack's account.
        outputs: the stack's outputs.
        model: the model's name.
        watch: called with the visited states at each poll.

    Returns:
        The notification, with the status ASLEEP or FAILED.

    Raises:
        UsageError: the model has no live version, is asleep already, or a deployment runs.
    """
    ended = _run(session, outputs, model, "sleep", watch)
    if ended is None:
        live = read_live(session.client("s3"), outputs["ArtifactBucketName"], model)
        if live is not None and live.asleep_since is not None:
            raise UsageError(
                f"{model} has been asleep since {live.asleep_since:%Y-%m-%d %H:%M %Z}."
            )
        raise UsageError(
            f"{model} has no live version on an endpoint of its own.", "See:", command=("status",)
        )
    return ended


def _run(
    session: Session,
    outputs: Mapping[str, str],
    model: str,
    command: Command,
    watch: Callable[[list[StateVisit]], None],
) -> Published | None:
    """Run the workflow, and return its notification; None if it had nothing to do."""
    check_name(model)
    stepfunctions = session.client("stepfunctions")
    arn = start(stepfunctions, outputs[MACHINE], model, command, datetime.now(UTC))
    for visits in follow(stepfunctions, arn, poll_seconds=1.0):
        watch(visits)
    ended = stepfunctions.describe_execution(executionArn=arn)
    decided = json.loads(ended.get("output", "{}"))
    if decided.get("decision") == "NOTHING":
        return None
    if decided.get("overtaken"):
        raise UsageError(
            f"{model} stays as it is: a deployment of it is running, or ended after this request.",
            "Run the command again when the deployment has ended. See:",
            command=("status", model),
        )
    return read_outcome(stepfunctions, arn).notification


def start(
    stepfunctions: SFNClient, machine_arn: str, model: str, command: Command, now: datetime
) -> str:
    """Start the workflow, and return the ARN of the execution."""
    content = (
        sleep_input(model, "COMMAND", now.isoformat())
        if command == "sleep"
        else {"retire": {"model": model, "reason": "COMMAND"}, "time": now.isoformat()}
    )
    started = stepfunctions.start_execution(
        stateMachineArn=machine_arn,
        name=execution_name(model, command, now),
        input=json.dumps(content),
    )
    return started["executionArn"]
