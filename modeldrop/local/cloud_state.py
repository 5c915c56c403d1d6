"""The settings of an embedded cloud, and the file in its home that describes the running cloud."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

import boto3
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from modeldrop.errors import CommandError
from modeldrop.exit_code import ExitCode
from modeldrop.local import aws_session, tools
from modeldrop.local import home as homes
from modeldrop.local.access.credentials import Credentials
from modeldrop.local.home import Home
from modeldrop.local.ministack import process as ministack
from modeldrop.local.process import ProcessIdentity

STATE_FILE = "cloud.json"


class CloudConflict(CommandError):
    """A cloud with different settings already runs in this home."""

    exit_code = ExitCode.USAGE_ERROR


class StateUnreadable(CloudConflict):
    """cloud.json is damaged, or another version wrote it."""


class Settings(BaseModel):
    """Settings of the embedded cloud.

    Attributes:
        parameters: template parameters that differ from their defaults.
        aws: settings of MiniStack.
        seconds_per_minute: the length of a minute for scaling policies; tests use less than 60.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    parameters: dict[str, str] = {}
    aws: ministack.Settings = ministack.Settings()
    seconds_per_minute: float = 60.0


class EmbeddedCloud(BaseModel):
    """A running cloud; also the schema of ``cloud.json``, which only its owner can read.

    Attributes:
        owner: the credentials of the account's root user, random for each start.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path
    started: AwareDatetime
    aws_url: str
    sagemaker_url: str
    ministack: ProcessIdentity
    sagemaker: ProcessIdentity
    settings: Settings
    owner: Credentials
    sources: str = ""
    outputs: dict[str, str] = {}

    def is_running(self) -> bool:
        """Return whether both processes run and the stack is deployed."""
        return bool(self.sources) and self.ministack.is_running() and self.sagemaker.is_running()

    def session(self) -> boto3.Session:
        """Return a boto3 session whose clients reach only this cloud."""
        return aws_session.local_session(
            self.aws_url, self.sagemaker_url, self._config_file, self.owner
        )

    def environment(self) -> Mapping[str, str]:
        """Return the environment variables that point other programs at this cloud."""
        return aws_session.environment(self.aws_url, self._config_file, self.owner)

    @property
    def page_url(self) -> str:
        """The link of the status page; only the owner knows the key in it."""
        return f"{self.aws_url}/?key={self.owner.page_key}"

    def output(self, name: str) -> str:
        """Return the value of a stack output.

        Raises:
            KeyError: the stack has no such output; the message lists its outputs.
        """
        if name not in self.outputs:
            raise KeyError(f"The stack has no output {name!r}. It has: {sorted(self.outputs)}.")
        return self.outputs[name]

    @property
    def logs(self) -> Path:
        """The folder of the log files; it remains after the cloud stops."""
        return self.home / "logs"

    def log_of(self, part: str) -> Path:
        """Return the log file of `ministack`, `sagemaker`, `sam-build` or `sam-deploy`."""
        return self.logs / f"{part}.log"

    def is_running_in(self, home: Home) -> bool:
        """Return whether the cloud runs and its processes belong to this home."""
        pids = (self.ministack.pid, self.sagemaker.pid)
        return self.is_running() and all(map(home.owns, pids))

    @property
    def _config_file(self) -> Path:
        return self.home / aws_session.CONFIG_FILE


def find(home: Path = tools.DEFAULT_HOME) -> EmbeddedCloud | None:
    """Return the running cloud of this home, or None.

    Raises:
        HomeRefused: the folder is a copy of another home, or belongs to another user.
    """
    own = homes.find(homes.resolve(home))
    cloud = None if own is None else read(own.folder)
    running = own is not None and cloud is not None and cloud.is_running_in(own)
    return cloud if running else None


def read(home: Path) -> EmbeddedCloud | None:
    """Read the state of the cloud in a home, even if it has ended; None if there is no cloud.

    Raises:
        StateUnreadable: the file is damaged, or another version wrote it.
        HomeRefused: the folder is a copy of another home.
    """
    text = homes.read_private(home / STATE_FILE)
    if text is None:
        return None
    try:
        cloud = EmbeddedCloud.model_validate_json(text)
    except ValidationError as error:
        raise StateUnreadable(
            f"{home / STATE_FILE} is damaged, or another version of modeldrop wrote it.",
            f"Stop that cloud with: modeldrop local down --home {shlex.quote(str(home))}",
        ) from error
    if cloud.home != home:
        raise homes.copied_home_error(home, cloud.home)
    return cloud


def write(cloud: EmbeddedCloud) -> None:
    """Write the state of a cloud into its home."""
    homes.write_private(cloud.home / STATE_FILE, cloud.model_dump_json(indent=2) + "\n")
