"""Follows an execution to its result, for `drop`, `watch`, `rollback` and `local run`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from botocore.exceptions import BotoCoreError, ClientError

from modeldrop.aws_errors import translate
from modeldrop.command.terminal.progress import progress
from modeldrop.command.terminal.result import show
from modeldrop.command.terminal.screen import console, print_json
from modeldrop.executions.endpoint_progress import EndpointWatch
from modeldrop.executions.outcome import follow_to_outcome
from modeldrop.exit_code import ExitCode
from modeldrop.interruption import announce

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from boto3 import Session

    from modeldrop.api.deployment import Deployment
    from modeldrop.command.terminal.deployed_stack import StackChoice
    from modeldrop.executions.published import Published
    from modeldrop.executions.usual_course import UsualCourse

POLL_SECONDS = 1.0
"""The interval. GetExecutionHistory allows 20 calls per second and account in most Regions (Step
Functions developer guide, "Service quotas")."""


def follow_and_report(
    session: Session,
    arn: str,
    *,
    resume_command: str | None,
    next_commands: Mapping[str, str],
    as_json: bool,
    usual: UsualCourse | None = None,
) -> None:
    """Show the progress of an execution, then its result, and exit with the command's exit code.

    Args:
        session: a session for the execution's account.
        arn: the ARN of the execution.
        resume_command: the command that follows it again; None if it ends with this command.
        next_commands: commands for the model if it is live, by purpose.
        as_json: whether to write the result to stdout.
        usual: the usual course of this model's deployments.

    Raises:
        typer.Exit: 0 if the execution SUCCEEDED, otherwise 1.
    """
    stepfunctions, poll = session.client("stepfunctions"), EndpointWatch(session).poll
    if resume_command is not None:
        announce_running(resume_command, arn)
    with continuing(resume_command), progress(poll, usual) as watch:
        outcome = follow_to_outcome(stepfunctions, arn, watch, poll_seconds=POLL_SECONDS)
    if resume_command is not None:
        announce(
            f"The deployment has ended. Show its result with: {resume_command}",
            execution_arn=arn,
            resume_command=resume_command,
        )
    report_result(outcome.notification, next_commands, as_json=as_json)


def follow_restored(
    chosen: StackChoice, deployment: Deployment, version: str, *, wait: bool, as_json: bool
) -> None:
    """Follow the deployment of a retained version, or print how to follow it.

    Args:
        chosen: the command's options that select the stack.
        deployment: the running deployment.
        version: the version that it deploys.
        wait: whether to follow it to its result.
        as_json: whether to write the result to stdout.

    Raises:
        typer.Exit: only with `wait`: 0 if the deployment SUCCEEDED, otherwise 1.
    """
    model, arn = deployment.model, deployment.execution_arn
    resume_command = chosen.command("watch", model)
    announce_running(resume_command, arn)
    if wait:
        follow_and_report(
            deployment.session,
            arn,
            resume_command=resume_command,
            next_commands=chosen.next_commands(model),
            as_json=as_json,
        )
    elif as_json:
        print_json(
            {
                "status": "RUNNING",
                "execution_arn": arn,
                "version": version,
                "resume_command": resume_command,
            }
        )
    else:
        text = f"The deployment is running. Follow it with: {resume_command}"
        console.print(text)


def announce_running(resume_command: str, arn: str) -> None:
    """Announce for an interruption that the deployment continues, and how to follow it."""
    announce(
        _continues(resume_command),
        status="RUNNING",
        execution_arn=arn,
        resume_command=resume_command,
    )


@contextmanager
def continuing(resume_command: str | None) -> Iterator[None]:
    """Print that the deployment continues if AWS fails within the block.

    Args:
        resume_command: the command that follows it again; None if it ends with this command.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        if resume_command is None:
            raise
        translated = translate(error)
        fix = f"{translated.fix} {_continues(resume_command)}"
        raise type(translated)(translated.cause, fix) from error


def report_result(published: Published, next_commands: Mapping[str, str], *, as_json: bool) -> None:
    """Print a result, and exit with its exit code."""
    if as_json:
        print_json(published.content)
    else:
        show(published, next_commands)
    succeeded = published.content["status"] == "SUCCEEDED"
    raise typer.Exit(ExitCode.DONE if succeeded else ExitCode.FAILED)


def _continues(resume_command: str) -> str:
    return f"The deployment continues. Follow it with: {resume_command}"
