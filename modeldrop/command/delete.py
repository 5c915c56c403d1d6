"""`modeldrop delete`: take a model off."""

from __future__ import annotations

import typer

from modeldrop.command.terminal.deployed_stack import StackChoice, Yes, choosing_stack
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.progress import progress
from modeldrop.command.terminal.screen import Json, give, people
from modeldrop.live.retirement import retire


@choosing_stack
def delete(
    chosen: StackChoice,
    name: ModelName,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete the endpoint of model NAME and all its versions. The drop itself stays in S3.

    Exit code 0: it is RETIRED; 1: it could not be; 2: there is no such model.
    """
    found = chosen.find()
    if not (yes or chosen.local):
        typer.confirm(f"Delete the endpoint of {name} and all its versions?", abort=True, err=True)
    with progress() as watch:
        published = retire(found.session, found.outputs, name, watch)
    if as_json:
        give(published.content)
    else:
        people.print(f"\n[bold]{published.subject}[/bold]")
        people.print(published.words, markup=False, soft_wrap=True)
        removed = "\n".join(f"Removed {each}" for each in published.content["removed"])
        people.print(removed, markup=False, soft_wrap=True)
    raise typer.Exit(0 if published.content["status"] == "RETIRED" else 1)
