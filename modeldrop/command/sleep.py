"""`modeldrop sleep`: delete the endpoint of a model, and keep its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.text import Text

from modeldrop.command.terminal.deployed_stack import StackChoice, Yes, choosing_stack
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.progress import progress
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.exit_code import ExitCode
from modeldrop.interruption import announce
from modeldrop.live.retirement import put_to_sleep

if TYPE_CHECKING:
    from modeldrop.executions.published import Published


@choosing_stack
def sleep(
    chosen: StackChoice,
    name: ModelName,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete the endpoint of model NAME, and keep all its versions.

    A sleeping model costs only storage. Clients get errors until `modeldrop wake NAME`. Exit code
    0: the model is ASLEEP; 1: the endpoint could not be deleted; 2: there is no live version; 130:
    Ctrl-C, and a deletion that has started continues.
    """
    announce("Interrupted. Nothing was deleted.")
    stack = chosen.find()
    if not (yes or chosen.local):
        question = f"Delete the endpoint of {name}? Its versions stay; clients get errors."
        typer.confirm(question, abort=True, err=True)
    check = chosen.command("status", name)
    announce(f"The deletion continues if it has started. Check with: {check}")
    with progress() as watch:
        published = put_to_sleep(stack.session, stack.outputs, name, watch)
    if as_json:
        print_json(published.content)
    else:
        console.print(Text(f"\n{published.subject}", "bold"))
        console.print(Text(asleep_text(published, chosen.command("wake", name))))
    asleep = published.content["status"] == "ASLEEP"
    raise typer.Exit(ExitCode.DONE if asleep else ExitCode.FAILED)


def asleep_text(published: Published, wake: str) -> str:
    """Return the reason and the command that wakes the model, or the whole notification."""
    if published.content["status"] != "ASLEEP":
        return published.words
    return f"{published.content['cause']}\nWake it with: {wake}"
