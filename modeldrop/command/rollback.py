"""`modeldrop rollback`: bring an older version back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from modeldrop.command.drop import watch_command
from modeldrop.command.terminal.deployed_stack import (
    DeployedStack,
    StackChoice,
    Yes,
    choosing_stack,
)
from modeldrop.command.terminal.following import follow_and_tell
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.screen import Json, give, people
from modeldrop.executions.execution_name import execution_name
from modeldrop.live.rollback import choose, restore_event
from modeldrop.live.version_history import read_history

if TYPE_CHECKING:
    from model_packager.stored import DeploymentRecord
    from modeldrop.live.version_history import History


@choosing_stack
def rollback(
    chosen: StackChoice,
    name: ModelName,
    to: Annotated[
        str | None,
        typer.Option(help="Which version, or its beginning; else the one before what serves."),
    ] = None,
    yes: Yes = False,
    wait: Annotated[bool, typer.Option(help="Follow it to its notification.")] = True,
    as_json: Json = False,
) -> None:
    """Have an older version of model NAME serve again, once it has passed its test again.

    Exit code 0: it SUCCEEDED, or was started with --no-wait; 1: it did not; 2: there is no such
    version; 130: Ctrl-C, which leaves it running.
    """
    found = chosen.find()
    history = read_history(
        found.session,
        name,
        prefix=found.prefix,
        artifact_bucket=found.artifact_bucket,
    )
    version = choose(history, to)
    people.print(_intention(history, version), soft_wrap=True)
    if not (yes or chosen.local):
        typer.confirm("Go on?", abort=True, err=True)
    if not wait:
        _tell_started(_start(found, name, version), version, as_json=as_json)
        return
    come_back = watch_command(name, chosen)
    follow_and_tell(
        found.session, _start(found, name, version), come_back=come_back, as_json=as_json
    )


def _intention(history: History, chosen: DeploymentRecord) -> str:
    serves = f"version {history.serving}" if history.serving else "nothing"
    return (
        f"On {history.endpoint} {serves} serves. Version {chosen.version}, deployed at "
        f"{chosen.deployed_at:%Y-%m-%d %H:%M:%S %Z}, is to take its place."
    )


def _start(found: DeployedStack, model: str, chosen: DeploymentRecord) -> str:
    now = datetime.now(UTC)
    event = restore_event(chosen, now)
    started = found.session.client("stepfunctions").start_execution(
        stateMachineArn=found.machine,
        name=execution_name(model, "restore", now),
        input=json.dumps(event),
    )
    return started["executionArn"]


def _tell_started(arn: str, chosen: DeploymentRecord, *, as_json: bool) -> None:
    if as_json:
        give({"execution_arn": arn, "version": chosen.version})
        return
    people.print(
        f"Started. Its notification tells how it ends; to look at it:\n"
        f"aws stepfunctions describe-execution --execution-arn {arn}",
        soft_wrap=True,
    )
