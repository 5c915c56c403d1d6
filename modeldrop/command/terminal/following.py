"""Following an execution to its result: what `drop`, `watch`, `rollback` and `local run` share."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from botocore.exceptions import BotoCoreError, ClientError

from modeldrop.command.terminal.progress import progress
from modeldrop.command.terminal.result import show
from modeldrop.command.terminal.screen import give, people
from modeldrop.executions.endpoint_progress import EndpointWatch
from modeldrop.executions.outcome import follow_to_outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boto3 import Session

    from modeldrop.executions.published import Published

LOOK_SECONDS = 1.0
"""GetExecutionHistory takes 20 calls a second of a whole account in most regions (Step Functions
developer guide, "Service quotas")."""


def follow_and_tell(session: Session, arn: str, *, come_back: str | None, as_json: bool) -> None:
    """Show the execution go by, then tell its result, and end with the command's exit code.

    Args:
        session: of the account that it runs in.
        arn: the execution's.
        come_back: the command that follows it again; None where it ends with this command.
        as_json: whether programs read stdout.

    Raises:
        typer.Exit: 0 where it SUCCEEDED, 1 where it did not, 130 at Ctrl-C.
    """
    stepfunctions, look = session.client("stepfunctions"), EndpointWatch(session).look
    with going_on(come_back, arn if as_json else None), progress(look) as watch:
        outcome = follow_to_outcome(stepfunctions, arn, watch, look_seconds=LOOK_SECONDS)
    tell(outcome.notification, as_json=as_json)


@contextmanager
def going_on(come_back: str | None, arn: str | None = None) -> Iterator[None]:
    """Where the block is left too early, say that the deployment goes on.

    Args:
        come_back: the command that follows it again; None where it ends with this command.
        arn: the execution's, where programs are to be told.

    Raises:
        typer.Exit: 130 at Ctrl-C.
    """
    try:
        yield
    except (KeyboardInterrupt, BotoCoreError, ClientError) as error:
        if come_back is None:
            raise
        tell_running(arn, come_back)
        if isinstance(error, KeyboardInterrupt):
            raise typer.Exit(130) from None
        raise


def tell(published: Published, *, as_json: bool) -> None:
    """Tell a result, and end with the exit code that it has."""
    if as_json:
        give(published.content)
    else:
        show(published)
    raise typer.Exit(0 if published.content["status"] == "SUCCEEDED" else 1)


def tell_running(arn: str | None, come_back: str) -> None:
    """Say that it goes on, and how to come back to it; to programs where an ARN is given."""
    people.print(
        f"The deployment goes on. To come back to it: {come_back}", markup=False, soft_wrap=True
    )
    if arn is not None:
        give({"status": "RUNNING", "execution_arn": arn, "watch": come_back})
