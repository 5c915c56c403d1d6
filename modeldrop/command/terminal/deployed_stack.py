"""The stack that a command works on: one on AWS, or the embedded cloud's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from modeldrop.aws_errors import no_such_stack, translate
from modeldrop.errors import UsageError
from modeldrop.local import cloud
from modeldrop.stack.parameters import StackParameters
from modeldrop.stack.samconfig import read_samconfig
from modeldrop.stack.template import read_template

if TYPE_CHECKING:
    from modeldrop.local.cloud import EmbeddedCloud

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

DEFAULT_STACK = "modeldrop"

_ON = "Which stack"
_NEEDED = {
    "EndpointPrefix",
    "ArtifactBucketName",
    "ResultTopicArn",
    "DeployModelStateMachineArn",
    "RetireModelStateMachineArn",
}


@dataclass(frozen=True)
class DeployedStack:
    """A session that reaches the stack, and the stack's outputs; `given` are its parameters."""

    session: boto3.Session
    outputs: Mapping[str, str]
    given: Mapping[str, str]

    @property
    def parameters(self) -> StackParameters:
        """What it was given, and the template's defaults."""
        return StackParameters.of(read_template(), self.session.region_name, self.given)

    @property
    def prefix(self) -> str:
        """What its endpoints' names begin with."""
        return self.outputs["EndpointPrefix"]

    @property
    def artifact_bucket(self) -> str:
        """Where versions are kept."""
        return self.outputs["ArtifactBucketName"]

    @property
    def machine(self) -> str:
        """ARN of the deploy workflow."""
        return self.outputs["DeployModelStateMachineArn"]


@dataclass(frozen=True)
class StackChoice:
    """The options by which a person says which stack is meant; the same for every command."""

    stack: Annotated[
        str | None,
        typer.Option(
            help=f"Its name; else stack_name of samconfig.toml, else {DEFAULT_STACK}.",
            rich_help_panel=_ON,
        ),
    ] = None
    config_env: Annotated[
        str | None,
        typer.Option(help="The environment of samconfig.toml.", rich_help_panel=_ON),
    ] = None
    profile: Annotated[
        str | None,
        typer.Option(help="Of the AWS configuration; else samconfig.toml's.", rich_help_panel=_ON),
    ] = None
    region: Annotated[
        str | None,
        typer.Option(help="AWS region; else samconfig.toml's.", rich_help_panel=_ON),
    ] = None
    local: Annotated[
        bool, typer.Option("--local", help="On the embedded cloud.", rich_help_panel=_ON)
    ] = False
    home: Annotated[
        Path,
        typer.Option(
            help="The embedded cloud's folder.", show_default=".local", rich_help_panel=_ON
        ),
    ] = cloud.DEFAULT_HOME

    def find(self) -> DeployedStack:
        """Find it.

        Raises:
            UsageError: it is not there, or not one of Modeldrop's, or AWS does not know the user.
            AwsError: AWS refuses to say, or cannot be reached.
        """
        return _on_the_embedded_cloud(self.home) if self.local else _on_aws(self)


def choosing_stack(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of StackChoice in place of its parameter `chosen`."""
    own = inspect.signature(command, eval_str=True)
    options = inspect.signature(StackChoice, eval_str=True).parameters

    @wraps(command)
    def with_options(**given: Any) -> None:
        chosen = StackChoice(**{name: given.pop(name) for name in options})
        command(chosen=chosen, **given)

    kept = [each for name, each in own.parameters.items() if name != "chosen"]
    vars(with_options)["__signature__"] = own.replace(
        parameters=[
            each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*kept, *options.values())
        ]
    )
    return with_options


def _on_the_embedded_cloud(home: Path) -> DeployedStack:
    running = cloud.find(home)
    if running is None:
        raise UsageError("The local cloud is not running. Start it with: modeldrop local up")
    return on_cloud(running)


def on_cloud(running: EmbeddedCloud) -> DeployedStack:
    """Take the stack of an embedded cloud that is up."""
    return DeployedStack(running.session(), running.outputs, running.settings.parameters)


def _on_aws(chosen: StackChoice) -> DeployedStack:
    said = read_samconfig(Path.cwd(), chosen.config_env)
    stack = chosen.stack or said.stack_name or DEFAULT_STACK
    try:
        session = boto3.Session(
            profile_name=chosen.profile or said.profile, region_name=chosen.region or said.region
        )
        found = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if no_such_stack(stack, error):
            raise UsageError(
                f"There is no stack {stack} in {session.region_name}. Name yours with --stack, "
                "its place with --region or --profile, or make it with: sam deploy --guided"
            ) from error
        raise translate(error) from error
    except BotoCoreError as error:  # no region, no credentials
        raise translate(error) from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    if not outputs.keys() >= _NEEDED:
        raise UsageError(f"The stack {stack} is not one of Modeldrop's; name yours with --stack.")
    given = {
        each.get("ParameterKey", ""): each.get("ParameterValue", "")
        for each in found.get("Parameters", [])
    }
    return DeployedStack(session, outputs, given)
