"""The stack that a command works on: one on AWS, or the embedded cloud's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from modeldrop.local import cloud
from modeldrop.mistake import Mistake

if TYPE_CHECKING:
    from collections.abc import Mapping

Stack = Annotated[str, typer.Option(help="The stack that `sam deploy` made.")]
Local = Annotated[bool, typer.Option("--local", help="On the embedded cloud.")]
Home = Annotated[Path, typer.Option(help="Its folder.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Json = Annotated[bool, typer.Option("--json", help="JSON to stdout.")]

DEFAULT_STACK = "modeldrop"

_NEEDED = {"EndpointPrefix", "ArtifactBucketName", "ResultTopicArn", "DeployModelStateMachineArn"}


@dataclass(frozen=True)
class DeployedStack:
    """A session that reaches the stack, and the stack's outputs."""

    session: boto3.Session
    outputs: Mapping[str, str]


def find_stack(stack: str, *, local: bool, home: Path) -> DeployedStack:
    """Find it.

    Raises:
        Mistake: it is not there, or not one of Modeldrop's.
    """
    return _on_the_embedded_cloud(home) if local else _on_aws(stack)


def _on_the_embedded_cloud(home: Path) -> DeployedStack:
    running = cloud.find(home)
    if running is None:
        raise Mistake("No embedded cloud is up there. Start one with: modeldrop local up")
    return DeployedStack(running.session(), running.outputs)


def _on_aws(stack: str) -> DeployedStack:
    session = boto3.Session()
    try:
        found = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except (BotoCoreError, ClientError) as error:  # no region, no credentials, no such stack
        raise Mistake(f"The stack {stack} cannot be looked up: {error}") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    if not outputs.keys() >= _NEEDED:
        raise Mistake(f"The stack {stack} is not one of Modeldrop's; name yours with --stack.")
    return DeployedStack(session, outputs)
