"""The stack that a command uses: on AWS, or on the local cloud."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError

from model_packager.names import DEFAULT_STACK
from modeldrop.aws_errors import no_such_stack, translate
from modeldrop.errors import UsageError
from modeldrop.local import tools
from modeldrop.stack.parameters import StackParameters
from modeldrop.stack.samconfig import read_samconfig
from modeldrop.stack.template import read_template

if TYPE_CHECKING:
    import boto3

    from modeldrop.local.cloud import EmbeddedCloud

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Skip the confirmation.")]


_PANEL = "Stack"
_REQUIRED_OUTPUTS = {
    "EndpointPrefix",
    "ArtifactBucketName",
    "ResultTopicArn",
    "DeployModelStateMachineArn",
    "RetireModelStateMachineArn",
}


@dataclass(frozen=True)
class DeployedStack:
    """A session for the stack's account, the stack's outputs, and the parameters that it sets."""

    session: boto3.Session
    outputs: Mapping[str, str]
    parameter_values: Mapping[str, str]

    @property
    def parameters(self) -> StackParameters:
        """The stack's parameters, with the template's defaults."""
        return StackParameters.of(read_template(), self.session.region_name, self.parameter_values)

    @property
    def prefix(self) -> str:
        """Prefix of the endpoint names."""
        return self.outputs["EndpointPrefix"]

    @property
    def artifact_bucket(self) -> str:
        """Bucket of the versions."""
        return self.outputs["ArtifactBucketName"]

    @property
    def machine(self) -> str:
        """ARN of the deploy workflow."""
        return self.outputs["DeployModelStateMachineArn"]


@dataclass(frozen=True)
class StackChoice:
    """The options that select the stack; the same for every command."""

    stack: Annotated[
        str | None,
        typer.Option(
            help=f"Stack name. Default: stack_name in samconfig.toml, then {DEFAULT_STACK}.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    config_env: Annotated[
        str | None,
        typer.Option(help="Environment in samconfig.toml.", rich_help_panel=_PANEL),
    ] = None
    profile: Annotated[
        str | None,
        typer.Option(
            help="AWS profile. Default: profile in samconfig.toml.", rich_help_panel=_PANEL
        ),
    ] = None
    region: Annotated[
        str | None,
        typer.Option(help="AWS region. Default: region in samconfig.toml.", rich_help_panel=_PANEL),
    ] = None
    local: Annotated[
        bool, typer.Option("--local", help="Use the local cloud.", rich_help_panel=_PANEL)
    ] = False
    home: Annotated[
        Path,
        typer.Option(
            help="Folder of the local cloud.", show_default=".local", rich_help_panel=_PANEL
        ),
    ] = tools.DEFAULT_HOME

    def find(self) -> DeployedStack:
        """Find the stack.

        Raises:
            UsageError: no such stack, not a Modeldrop stack, or wrong credentials.
            AwsError: AWS refused the request, or is unreachable.
        """
        return on_cloud(self._cloud()) if self.local else _on_aws(self)

    def place(self) -> tuple[boto3.Session, str]:
        """Return a session of the account and the name of the stack, which may not exist.

        Raises:
            UsageError: no such profile, or the local cloud is not running.
        """
        return (self._cloud().session(), DEFAULT_STACK) if self.local else _place(self)

    def command(self, *words: str) -> str:
        """Return a `modeldrop` command with these options, quoted for a shell."""
        if self.local:
            home = {} if self.home == tools.DEFAULT_HOME else {"--home": str(self.home)}
            return shlex.join(("modeldrop", *words, "--local", *chain(*home.items())))
        options = {
            "--stack": self.stack,
            "--config-env": self.config_env,
            "--profile": self.profile,
            "--region": self.region,
        }
        chosen = ((option, value) for option, value in options.items() if value)
        return shlex.join(("modeldrop", *words, *chain.from_iterable(chosen)))

    def next_commands(self, model: str) -> dict[str, str]:
        """Return what to do with a model that is live, by purpose."""
        return {
            "call it": self.command("invoke", model),
            "client code": self.command("snippet", model),
            "report": self.command("report", model, "--open"),
        }

    def _cloud(self) -> EmbeddedCloud:
        from modeldrop.local import cloud  # here: it imports the servers of the cloud

        running = cloud.find(self.home)
        if running is None:
            raise UsageError("The local cloud is not running. Start it with: modeldrop local up")
        return running


def choosing_stack(command: Callable[..., None]) -> Callable[..., None]:
    """Replace a command's parameter `chosen` by the options of StackChoice."""
    own = inspect.signature(command, eval_str=True)
    options = inspect.signature(StackChoice, eval_str=True).parameters

    @wraps(command)
    def with_options(**options_by_name: Any) -> None:
        chosen = StackChoice(**{name: options_by_name.pop(name) for name in options})
        command(chosen=chosen, **options_by_name)

    kept = [each for name, each in own.parameters.items() if name != "chosen"]
    vars(with_options)["__signature__"] = own.replace(
        parameters=[
            each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*kept, *options.values())
        ]
    )
    return with_options


def on_cloud(running: EmbeddedCloud) -> DeployedStack:
    """Return the stack of a running local cloud."""
    return DeployedStack(running.session(), running.outputs, running.settings.parameters)


def _place(chosen: StackChoice) -> tuple[boto3.Session, str]:
    import boto3  # here, like `cloud`: help and completion of options do without

    defaults = read_samconfig(Path.cwd(), chosen.config_env)
    try:
        session = boto3.Session(
            profile_name=chosen.profile or defaults.profile,
            region_name=chosen.region or defaults.region,
        )
    except BotoCoreError as error:  # no such profile
        raise translate(error) from error
    return session, chosen.stack or defaults.stack_name or DEFAULT_STACK


def _on_aws(chosen: StackChoice) -> DeployedStack:
    session, stack = _place(chosen)
    try:
        description = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if no_such_stack(stack, error):
            raise UsageError(
                f"No stack {stack} in {session.region_name}. Name the stack with --stack, "
                "--region or --profile, or create it with: sam deploy --guided"
            ) from error
        raise translate(error) from error
    except BotoCoreError as error:  # no region, no credentials
        raise translate(error) from error
    outputs = {
        output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])
    }
    if not outputs.keys() >= _REQUIRED_OUTPUTS:
        raise UsageError(f"{stack} is not a Modeldrop stack. Name yours with --stack.")
    parameter_values = {
        each.get("ParameterKey", ""): each.get("ParameterValue", "")
        for each in description.get("Parameters", [])
    }
    return DeployedStack(session, outputs, parameter_values)
