"""`modeldrop rollback`: deploy an older version again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from model_packager.names.drop import drop_folder
from modeldrop.api.endpoint import start_rollback
from modeldrop.command.terminal.deployed_stack import (
    StackChoice,
    Yes,
    choosing_stack,
)
from modeldrop.command.terminal.following import follow_restored
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.screen import Json, console
from modeldrop.interruption import announce
from modeldrop.live.rollback import choose
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
        typer.Option(
            help="A version, such as v3 or its first characters. Default: the previous one."
        ),
    ] = None,
    yes: Yes = False,
    wait: Annotated[bool, typer.Option(help="Follow the rollback to its result.")] = True,
    as_json: Json = False,
) -> None:
    """Roll back model NAME to an older version, and test it again.

    Exit code 0: it SUCCEEDED, or started with --no-wait; 1: it failed; 2: there is no such
    version; 130: Ctrl-C, and a rollback that has started continues.
    """
    announce("Interrupted. No rollback was started.")
    stack = chosen.find()
    history = read_history(
        stack.session,
        name,
        prefix=stack.prefix,
        artifact_bucket=stack.artifact_bucket,
    )
    record = choose(history, to)
    console.print(_summary(history, record))
    if not (yes or chosen.local):
        typer.confirm("Continue?", abort=True, err=True)
    resume_command = chosen.command("watch", name)
    announce(
        f"If the rollback has started, it continues. Follow it with: {resume_command}",
        resume_command=resume_command,
    )
    follow_restored(
        chosen, start_rollback(stack, name, record), record.version, wait=wait, as_json=as_json
    )


def _summary(history: History, target: DeploymentRecord) -> str:
    live = next((each for each in history.records if each.version == history.serving), None)
    current = live.text if live else history.serving or "no live version"
    deployed_at = f"{target.deployed_at:%Y-%m-%d %H:%M:%S %Z}"
    summary = f"Rolling back {history.model}: {current} → {target.text}, deployed {deployed_at}"
    folder = drop_folder(target.source.key)
    if live is None or drop_folder(live.source.key) == folder:
        return summary
    return (
        f"{summary}\nVersion {target.text} was dropped in {folder or '/'}, another folder than "
        f"the live version's. After the rollback, only drops in {folder or '/'} are accepted."
    )
