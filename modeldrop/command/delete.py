"""`modeldrop delete`: take a model off."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from modeldrop.command.progress import progress
from modeldrop.command.screen import give, people
from modeldrop.local import cloud
from modeldrop.mistake import Mistake
from modeldrop.retirement import MACHINE, TOPIC, retire


def delete(
    name: Annotated[str, typer.Argument(help="The model's name.")],
    stack: Annotated[str, typer.Option(help="The stack that `sam deploy` made.")] = "modeldrop",
    local: Annotated[bool, typer.Option("--local", help="On the embedded cloud.")] = False,
    home: Annotated[Path, typer.Option(help="Its folder.")] = cloud.DEFAULT_HOME,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON to stdout.")] = False,
) -> None:
    """Delete the endpoint of model NAME and all its versions. The drop itself stays in S3.

    Exit code 0: it is RETIRED; 1: it could not be; 2: there is no such model.
    """
    session, outputs = _local(home) if local else _aws(stack)
    if not (yes or local):
        typer.confirm(f"Delete the endpoint of {name} and all its versions?", abort=True, err=True)
    with progress() as watch:
        published = retire(session, outputs, name, watch)
    if as_json:
        give(published.content)
    else:
        people.print(f"\n[bold]{published.subject}[/bold]")
        people.print(published.words, markup=False, soft_wrap=True)
        removed = "\n".join(f"Removed {each}" for each in published.content["removed"])
        people.print(removed, markup=False, soft_wrap=True)
    raise typer.Exit(0 if published.content["status"] == "RETIRED" else 1)


def _local(home: Path) -> tuple[boto3.Session, dict[str, str]]:
    running = cloud.find(home)
    if running is None:
        raise Mistake("No embedded cloud is up there. Start one with: modeldrop local up")
    return running.session(), running.outputs


def _aws(stack: str) -> tuple[boto3.Session, dict[str, str]]:
    session = boto3.Session()
    try:
        found = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except (BotoCoreError, ClientError) as error:  # no region, no credentials, no such stack
        raise Mistake(f"The stack {stack} cannot be looked up: {error}") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    if not outputs.keys() >= {MACHINE, TOPIC}:
        raise Mistake(f"The stack {stack} is not one of Modeldrop's; name yours with --stack.")
    return session, outputs
