"""`modeldrop delete`: delete a model's endpoint and versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.text import Text

from modeldrop.command.terminal.deployed_stack import StackChoice, Yes, choosing_stack
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.progress import progress
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.dropping.live_folder import live_key
from modeldrop.exit_code import ExitCode
from modeldrop.interruption import announce
from modeldrop.live.retirement import retire

if TYPE_CHECKING:
    from modeldrop.executions.published import Published


@choosing_stack
def delete(
    chosen: StackChoice,
    name: ModelName,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete the endpoint of model NAME and all its versions. The dropped file stays in S3.

    Exit code 0: the model is RETIRED; 1: the deletion failed; 2: there is no such model; 130:
    Ctrl-C, and a deletion that has started continues.
    """
    announce("Interrupted. Nothing was deleted.")
    stack = chosen.find()
    if not (yes or chosen.local):
        live = live_key(stack.session.client("s3"), stack.artifact_bucket, name)
        dropped_as = f" (dropped as {live})" if live else ""
        typer.confirm(
            f"Delete the endpoint of {name}{dropped_as} and all its versions?", abort=True, err=True
        )
    check = chosen.command("status", name)
    announce(f"The deletion continues if it has started. Check with: {check}")
    with progress() as watch:
        published = retire(stack.session, stack.outputs, name, watch)
    if as_json:
        print_json(published.content)
    else:
        console.print(Text(f"\n{published.subject}", "bold"))
        console.print(deleted_text(published))
    retired = published.content["status"] == "RETIRED"
    raise typer.Exit(ExitCode.DONE if retired else ExitCode.FAILED)


def deleted_text(published: Published) -> str:
    """Return what was removed, or the whole notification if something remains or failed."""
    content = published.content
    if content["status"] != "RETIRED" or content["remaining"]:
        return published.words
    removed = [f"Removed {each}" for each in content["removed"]]
    return "\n".join([*removed, content["fix"]])
