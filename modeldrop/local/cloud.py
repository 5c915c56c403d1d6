"""The embedded cloud: MiniStack and the local SageMaker, with the stack deployed.

Its state is one folder, the home; several homes stand side by side. ``cloud.json`` in it says
what runs, so that another process can use the cloud, ask for it, and stop it.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import boto3
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from modeldrop.errors import CommandError
from modeldrop.exit_code import ExitCode
from modeldrop.local import aws_session, process, stack_deployment, tools
from modeldrop.local.cleanup import remove_leftovers
from modeldrop.local.ministack import process as ministack
from modeldrop.local.process import ProcessIdentity
from modeldrop.local.sagemaker import process as sagemaker

DEFAULT_HOME = tools.PROJECT_ROOT / ".local"
_READY_SECONDS = 60
_STATE = "cloud.json"


class CloudConflict(CommandError):
    """A cloud runs in this home, with other settings than those asked for."""

    exit_code = ExitCode.USAGE_ERROR


class Settings(BaseModel):
    """What a person may choose about the embedded cloud.

    Attributes:
        parameters: the template's parameters, where they differ from their defaults.
        aws: how MiniStack behaves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    parameters: dict[str, str] = {}
    aws: ministack.Settings = ministack.Settings()


class EmbeddedCloud(BaseModel):
    """A cloud that runs; also what ``cloud.json`` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path
    started: AwareDatetime
    aws_url: str
    sagemaker_url: str
    ministack: ProcessIdentity
    sagemaker: ProcessIdentity
    settings: Settings
    sources: str = ""
    outputs: dict[str, str] = {}

    def is_running(self) -> bool:
        """Whether both of its processes run and the stack is deployed."""
        return bool(self.sources) and self.ministack.is_running() and self.sagemaker.is_running()

    def session(self) -> boto3.Session:
        """A boto3 session whose clients reach this cloud and nothing else."""
        return aws_session.local_session(self.aws_url, self.sagemaker_url, self._config_file)

    def environment(self) -> Mapping[str, str]:
        """The variables by which another program reaches this cloud."""
        return aws_session.environment(self.aws_url, self._config_file)

    def output(self, name: str) -> str:
        """One output of the stack.

        Raises:
            KeyError: the stack has none of this name; the message lists those it has.
        """
        if name not in self.outputs:
            raise KeyError(f"The stack has no output {name!r}, only {sorted(self.outputs)}.")
        return self.outputs[name]

    @property
    def logs(self) -> Path:
        """The folder of the log files; it stays when the cloud goes."""
        return self.home / "logs"

    def log_of(self, part: str) -> Path:
        """The log file of a part: one of `ministack`, `sagemaker`, `sam-build`, `sam-deploy`."""
        return self.logs / f"{part}.log"

    @property
    def _config_file(self) -> Path:
        return self.home / "aws-config"


def up(
    home: Path = DEFAULT_HOME,
    settings: Settings | None = None,
    *,
    say: stack_deployment.Say = lambda _line: None,
    tied: bool = False,
) -> EmbeddedCloud:
    """Have the cloud up, with the sources' current stack deployed.

    Where it runs already this is quick: nothing is done, or, after an edit, a deployment.

    Args:
        home: its folder; made when missing.
        settings: the defaults when None.
        say: told what is going on, in one line each.
        tied: whether it must end with the calling thread; else it stays when we end.

    Raises:
        ToolMissing: this is no checkout, or `make setup` has not been run.
        CloudConflict: it is up with other settings of MiniStack.
        ProcessFailed, StackFailed: with the end of the log that shows why.
    """
    tools.require_checkout()
    home = home.resolve()
    settings = settings or Settings()
    home.mkdir(parents=True, exist_ok=True)
    with _locked(home):
        cloud = _read(home)
        if cloud is not None and cloud.is_running():
            return _bring_up_to_date(cloud, settings, say)
        if cloud is not None:
            say("Cleaning up after an embedded cloud that did not end cleanly")
            _stop(cloud)
        remove_leftovers(home)  # also of an `up` that was killed before it could take notes
        cloud, sagemaker_child = _start(home, settings, say, tied=tied)
        try:
            cloud = _deploy(cloud, say)
            # Not before: it comes up meanwhile, and nothing of the stack needs it yet.
            ready = sagemaker.ready_url(cloud.sagemaker_url)
            sagemaker_child.wait_until_ready(ready, seconds=_READY_SECONDS)
        except BaseException:
            _stop(cloud)
            raise
        return cloud


def find(home: Path = DEFAULT_HOME) -> EmbeddedCloud | None:
    """The cloud that runs in this home, or None."""
    cloud = _read(home.resolve())
    return cloud if cloud is not None and cloud.is_running() else None


def down(home: Path = DEFAULT_HOME) -> bool:
    """Stop the cloud and remove what it wrote, logs excepted; False where there was none."""
    home = home.resolve()
    if not home.is_dir():
        return False
    with _locked(home):
        cloud = _read(home)
        if cloud is not None:
            _stop(cloud)
    return cloud is not None


@contextmanager
def running(
    home: Path = DEFAULT_HOME,
    settings: Settings | None = None,
    *,
    say: stack_deployment.Say = lambda _line: None,
) -> Iterator[EmbeddedCloud]:
    """A cloud for the length of a ``with`` block; it ends with us even if we are killed.

    A cloud that was up in this home before is used, and left as it was.
    """
    was_up = find(home) is not None
    cloud = up(home, settings, say=say, tied=True)
    try:
        yield cloud
    finally:
        if not was_up:
            down(home)


def _bring_up_to_date(
    cloud: EmbeddedCloud, settings: Settings, say: stack_deployment.Say
) -> EmbeddedCloud:
    if settings.aws != cloud.settings.aws:
        raise CloudConflict(
            f"The embedded cloud in {cloud.home} is up with {cloud.settings.aws}, not with "
            f"{settings.aws}. Run `modeldrop local down` first, or choose another --home."
        )
    if (
        settings.parameters == cloud.settings.parameters
        and cloud.sources == stack_deployment.source_digest()
    ):
        say(f"The embedded cloud is already up in {cloud.home}")
        return cloud
    say(f"The embedded cloud is up in {cloud.home}, with another version of the stack")
    return _deploy(cloud.model_copy(update={"settings": settings}), say)


def _start(
    home: Path, settings: Settings, say: stack_deployment.Say, *, tied: bool
) -> tuple[EmbeddedCloud, process.Child]:
    """Start both servers; record them before anything can go wrong, so that `down` finds them.

    Returns:
        The cloud, whose MiniStack serves, and the local SageMaker, which will.
    """
    say("Starting MiniStack and the local SageMaker")
    tools.triton().require()  # while nothing runs yet
    aws_port, sagemaker_port = process.free_ports(2)
    aws_url, sagemaker_url = ministack.url(aws_port), sagemaker.url(sagemaker_port)
    aws_session.write_config(home / "aws-config")
    aws_child = ministack.start(
        home / "ministack",
        aws_port,
        log=home / "logs" / "ministack.log",
        sagemaker_url=sagemaker_url,
        settings=settings.aws,
        tied=tied,
    )
    try:
        sagemaker_child = sagemaker.start(
            home, sagemaker_port, log=home / "logs" / "sagemaker.log", aws_url=aws_url, tied=tied
        )
    except BaseException:
        process.stop(aws_child.identity)
        raise
    cloud = EmbeddedCloud(
        home=home,
        started=datetime.now(UTC),
        aws_url=aws_url,
        sagemaker_url=sagemaker_url,
        ministack=aws_child.identity,
        sagemaker=sagemaker_child.identity,
        settings=settings,
    )
    try:
        _write(cloud)
        aws_child.wait_until_ready(ministack.ready_url(aws_port), seconds=_READY_SECONDS)
    except BaseException:
        _stop(cloud)
        raise
    return cloud, sagemaker_child


def _deploy(cloud: EmbeddedCloud, say: stack_deployment.Say) -> EmbeddedCloud:
    # Taken before: an edit during the deployment makes the next `up` deploy again.
    sources = stack_deployment.source_digest()
    target = stack_deployment.Target(
        session=cloud.session(),
        environment=cloud.environment(),
        logs=cloud.logs,
        home=cloud.home,
    )
    outputs = stack_deployment.deploy(target, cloud.settings.parameters, say)
    cloud = cloud.model_copy(update={"sources": sources, "outputs": outputs})
    _write(cloud)
    return cloud


def _stop(cloud: EmbeddedCloud) -> None:
    # SageMaker first: its model servers read from MiniStack and log to it.
    process.stop(cloud.sagemaker)
    process.stop(cloud.ministack)
    remove_leftovers(cloud.home)
    for folder in ("ministack", "sagemaker"):
        shutil.rmtree(cloud.home / folder, ignore_errors=True)
    for file in ("packaged.yaml", "aws-config", _STATE):
        (cloud.home / file).unlink(missing_ok=True)


def _read(home: Path) -> EmbeddedCloud | None:
    try:
        return EmbeddedCloud.model_validate_json((home / _STATE).read_text())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise CloudConflict(
            f"{home / _STATE} was written by another version of modeldrop. Stop what it names "
            f"there, and delete {home}."
        ) from error


def _write(cloud: EmbeddedCloud) -> None:
    draft = cloud.home / f"{_STATE}.draft"
    draft.write_text(cloud.model_dump_json(indent=2) + "\n")
    draft.replace(cloud.home / _STATE)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Hold the home against another command of ours."""
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
