"""A deployed stack: on AWS, or on the local cloud."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from model_packager.names.stack import DEFAULT_STACK
from modeldrop.aws_errors import no_such_stack, translate
from modeldrop.errors import CommandError, UsageError
from modeldrop.local import tools
from modeldrop.stack.parameters import StackParameters
from modeldrop.stack.samconfig import read_samconfig
from modeldrop.stack.template import read_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3

    from modeldrop.local.cloud_state import EmbeddedCloud

LOCAL = "MODELDROP_LOCAL"
"""This environment variable selects the local cloud: MODELDROP_LOCAL=1."""

NOT_RUNNING = "The local cloud is not running."

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
        return StackParameters.of(
            read_parameters(), self.session.region_name, self.parameter_values
        )

    @property
    def prefix(self) -> str:
        """The prefix of the endpoint names."""
        return self.outputs["EndpointPrefix"]

    @property
    def artifact_bucket(self) -> str:
        """The artifact bucket, which has the versions."""
        return self.outputs["ArtifactBucketName"]

    @property
    def machine(self) -> str:
        """The ARN of the state machine deploy_model."""
        return self.outputs["DeployModelStateMachineArn"]


@dataclass(frozen=True)
class Stack:
    """Which stack to use. By default the one that samconfig.toml names, as in the commands.

    Attributes:
        name: the stack's name; None: stack_name in samconfig.toml, then modeldrop.
        config_env: environment in samconfig.toml.
        profile: AWS profile; None: profile in samconfig.toml.
        region: AWS Region; None: region in samconfig.toml.
        local: use the local cloud; by default if MODELDROP_LOCAL is 1.
        home: folder of the local cloud.
    """

    name: str | None = None
    config_env: str | None = None
    profile: str | None = None
    region: str | None = None
    local: bool = field(default_factory=lambda: os.environ.get(LOCAL) == "1")
    home: Path = tools.DEFAULT_HOME

    def find(self) -> DeployedStack:
        """Find the stack.

        Raises:
            UsageError: no such stack, not a Modeldrop stack, or wrong credentials.
            AwsError: AWS rejected the request, or is unreachable.
        """
        return on_cloud(self._cloud()) if self.local else self._on_aws()

    def place(self) -> tuple[boto3.Session, str]:
        """Return a session for the account, and the name of the stack, which may not exist.

        Raises:
            UsageError: no such profile, or the local cloud is not running.
        """
        return (self._cloud().session(), DEFAULT_STACK) if self.local else self._place()

    def _cloud(self) -> EmbeddedCloud:
        from modeldrop.local import cloud_state  # imports the cloud's servers

        running = cloud_state.find(self.home)
        if running is None:
            raise UsageError(NOT_RUNNING, f"Start it with: {local_command('up', self.home)}")
        return running

    def _place(self) -> tuple[boto3.Session, str]:
        # Imported here, like `cloud_state`, because help and completion do not need it.
        import boto3
        import botocore.session

        from modeldrop.service_models import share_models

        defaults = read_samconfig(Path.cwd(), self.config_env)
        try:
            session = boto3.Session(
                profile_name=self.profile or defaults.profile,
                region_name=self.region or defaults.region,
                botocore_session=share_models(botocore.session.get_session()),
            )
        except BotoCoreError as error:  # no such profile
            raise translate(error) from error
        return session, self.name or defaults.stack_name or DEFAULT_STACK

    def _or_local(self, error: CommandError) -> CommandError:
        """Suggest the local cloud if AWS is not configured and the local cloud runs."""
        from modeldrop.local import cloud_state

        running = None
        with suppress(CommandError):  # the folder is damaged, or belongs to another user
            running = cloud_state.find(self.home)
        if running is None or not isinstance(error, UsageError):
            return error
        use_local = f"The local cloud is running: to use it, add --local, or set {LOCAL}=1."
        return UsageError(error.cause, f"{use_local} For AWS: {error.fix}")

    def _on_aws(self) -> DeployedStack:
        session, stack = self._place()
        try:
            listed = session.client("cloudformation").describe_stacks(StackName=stack)
            description = listed["Stacks"][0]
        except ClientError as error:
            if no_such_stack(stack, error):
                missing = UsageError(
                    f"No stack {stack} in {session.region_name}.",
                    "Name the stack with --stack, --region or --profile, or create it with: "
                    "sam deploy --guided",
                )
                raise self._or_local(missing) from error
            raise translate(error) from error
        except BotoCoreError as error:  # no Region, no credentials
            raise self._or_local(translate(error)) from error
        outputs = {
            output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])
        }
        if not outputs.keys() >= _REQUIRED_OUTPUTS:
            raise UsageError(f"{stack} is not a Modeldrop stack.", "Name yours with --stack.")
        parameter_values = {
            each.get("ParameterKey", ""): each.get("ParameterValue", "")
            for each in description.get("Parameters", [])
        }
        return DeployedStack(session, outputs, parameter_values)


def home_option(home: Path) -> tuple[str, ...]:
    """Return the option that names the local cloud's folder; empty for the default folder."""
    return () if home == tools.DEFAULT_HOME else ("--home", str(home))


def local_command(name: str, home: Path, *arguments: str) -> str:
    """Return `modeldrop local NAME ARGUMENTS…`, quoted for a shell."""
    return shlex.join(("modeldrop", "local", name, *arguments, *home_option(home)))


def on_cloud(running: EmbeddedCloud) -> DeployedStack:
    """Return the stack of a running local cloud."""
    return DeployedStack(running.session(), running.outputs, running.settings.parameters)
