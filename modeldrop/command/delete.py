"""`modeldrop delete`: take a model off."""

from __future__ import annotations

from typing import Annotated

import typer

from modeldrop.command.deployed_stack import (
    DEFAULT_STACK,
    Home,
    Json,
    Local,
    Stack,
    Yes,
    find_stack,
)
from modeldrop.command.progress import progress
from modeldrop.command.screen import give, people
from modeldrop.local import cloud
from modeldrop.retirement import retire


def delete(
    name: Annotated[str, typer.Argument(help="The model's name.")],
    stack: Stack = DEFAULT_STACK,
    local: Local = False,
    home: Home = cloud.DEFAULT_HOME,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete the endpoint of model NAME and all its versions. The drop itself stays in S3.

    Exit code 0: it is RETIRED; 1: it could not be; 2: there is no such model.
    """
    found = find_stack(stack, local=local, home=home)
    if not (yes or local):
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
