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
from modeldrop.command.local import say
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
    """Delete the endpoint of model NAME and all its versions. The drop itself stays in S3."""
    found = find_stack(stack, local=local, home=home)
    if not (yes or local):
        typer.confirm(f"Delete the endpoint of {name} and all its versions?", abort=True, err=True)
    removed = retire(
        found.session,
        name,
        prefix=found.outputs["EndpointPrefix"],
        artifact_bucket=found.outputs["ArtifactBucketName"],
        say=say,
    )
    if as_json:
        give({"model": name, "removed": removed})
    else:
        people.print("\n".join(f"Removed {each}" for each in removed), soft_wrap=True)
