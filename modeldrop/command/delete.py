"""`modeldrop delete`: take a model off."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from modeldrop.command.local import say
from modeldrop.command.screen import give, people
from modeldrop.local import cloud
from modeldrop.mistake import Mistake
from modeldrop.retirement import retire


def delete(
    name: Annotated[str, typer.Argument(help="The model's name.")],
    stack: Annotated[str, typer.Option(help="The stack that `sam deploy` made.")] = "modeldrop",
    local: Annotated[bool, typer.Option("--local", help="On the embedded cloud.")] = False,
    home: Annotated[Path, typer.Option(help="Its folder.")] = cloud.DEFAULT_HOME,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON to stdout.")] = False,
) -> None:
    """Delete the endpoint of model NAME and all its versions. The drop itself stays in S3."""
    session, outputs = _local(home) if local else _aws(stack)
    if not (yes or local):
        typer.confirm(f"Delete the endpoint of {name} and all its versions?", abort=True, err=True)
    removed = retire(
        session,
        name,
        prefix=outputs["EndpointPrefix"],
        artifact_bucket=outputs["ArtifactBucketName"],
        say=say,
    )
    if as_json:
        give({"model": name, "removed": removed})
    else:
        people.print("\n".join(f"Removed {each}" for each in removed), soft_wrap=True)


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
    if not outputs.keys() >= {"EndpointPrefix", "ArtifactBucketName"}:
        raise Mistake(f"The stack {stack} is not one of Modeldrop's; name yours with --stack.")
    return session, outputs
