"""Starts and stops the embedded cloud: MiniStack and the local SageMaker, with the stack deployed.

Each cloud has one folder, its home; several can run at the same time. ``cloud.json`` in the home
lists the servers, so that another process can find, use and stop the cloud.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from modeldrop.interruption import deferred
from modeldrop.local import aws_session, cloud_state, process, stack_deployment, tools
from modeldrop.local import home as homes
from modeldrop.local.access.credentials import random_credentials
from modeldrop.local.cleanup import remove_leftovers
from modeldrop.local.cloud_state import CloudConflict, EmbeddedCloud, Settings, StateUnreadable
from modeldrop.local.home import Home
from modeldrop.local.ministack import process as ministack
from modeldrop.local.sagemaker import process as sagemaker

_READY_SECONDS = 60


def up(
    home: Path = tools.DEFAULT_HOME,
    settings: Settings | None = None,
    *,
    progress: stack_deployment.Progress = lambda _line: None,
    stop_with_parent: bool = False,
) -> EmbeddedCloud:
    """Start the cloud and deploy the stack from the current sources.

    If it already runs, this function redeploys the stack if its sources have changed.

    Args:
        home: the cloud's folder; created if missing. An existing folder must be empty or belong to
            this cloud.
        settings: None means the defaults.
        progress: receives progress messages, one line each.
        stop_with_parent: stop the cloud when the calling thread ends; otherwise it keeps running.

    Raises:
        ToolMissing: this is not a checkout, or `make setup` has not been run.
        CloudConflict: the cloud runs with different MiniStack settings.
        HomeRefused: the folder cannot be the home of a cloud, or belongs to another cloud.
        ProcessFailed, StackFailed: the message ends with the tail of the log.
    """
    tools.require_checkout()
    settings = settings or Settings()
    own = homes.claim(homes.resolve(home))
    with _locked(own.folder):
        cloud = cloud_state.read(own.folder)
        if cloud is not None and cloud.is_running_in(own):
            return _bring_up_to_date(own, cloud, settings, progress)
        if cloud is not None:
            progress("Cleaning up after an embedded cloud that did not stop cleanly")
            _stop(own, cloud)
        remove_leftovers(own)  # also after an `up` that was killed before it wrote cloud.json
        cloud, sagemaker_child = _start(own, settings, progress, stop_with_parent=stop_with_parent)
        try:
            cloud = _deploy(own, cloud, progress)
            # SageMaker starts during the deployment, which does not need it.
            ready = sagemaker.ready_url(cloud.sagemaker_url)
            sagemaker_child.wait_until_ready(ready, seconds=_READY_SECONDS)
        except BaseException:
            with deferred():
                _stop(own, cloud)
            raise
        return cloud


def down(home: Path = tools.DEFAULT_HOME) -> bool:
    """Stop the cloud and remove its files except the logs. Return False if no cloud ran.

    Raises:
        HomeRefused: the folder is a copy of another home, or belongs to another user.
    """
    own = homes.find(homes.resolve(home))
    if own is None:
        return False
    with _locked(own.folder):
        try:
            cloud = cloud_state.read(own.folder)
        except StateUnreadable:
            _remove(own)  # the home's marker identifies its processes
            return True
        killed = own.processes()  # also those of an `up` that was killed before it wrote cloud.json
        if cloud is not None:
            _stop(own, cloud)
        elif killed:
            _remove(own)
    return cloud is not None or bool(killed)


@contextmanager
def running(
    home: Path = tools.DEFAULT_HOME,
    settings: Settings | None = None,
    *,
    progress: stack_deployment.Progress = lambda _line: None,
) -> Iterator[EmbeddedCloud]:
    """Run a cloud for a ``with`` block; it stops with this process, even if that is killed.

    If a cloud already runs in this home, the block uses it, and it keeps running.
    """
    was_up = cloud_state.find(home) is not None
    cloud = up(home, settings, progress=progress, stop_with_parent=True)
    try:
        yield cloud
    finally:
        if not was_up:
            with deferred():
                progress("Stopping the embedded cloud")
                down(home)


def _bring_up_to_date(
    own: Home, cloud: EmbeddedCloud, settings: Settings, progress: stack_deployment.Progress
) -> EmbeddedCloud:
    if settings.aws != cloud.settings.aws:
        raise CloudConflict(
            f"The embedded cloud in {cloud.home} runs with {cloud.settings.aws}, not with "
            f"{settings.aws}.",
            "Run `modeldrop local down` first, or choose another --home.",
        )
    if (
        settings.parameters == cloud.settings.parameters
        and cloud.sources == stack_deployment.source_digest()
    ):
        progress(f"The embedded cloud already runs in {cloud.home}")
        return cloud
    progress(f"The embedded cloud runs in {cloud.home}; updating its stack")
    return _deploy(own, cloud.model_copy(update={"settings": settings}), progress)


def _start(
    own: Home, settings: Settings, progress: stack_deployment.Progress, *, stop_with_parent: bool
) -> tuple[EmbeddedCloud, process.Child]:
    """Start both servers, and record them immediately so that `down` finds them.

    Returns:
        The cloud, with MiniStack ready, and the process of SageMaker, which is still starting.
    """
    progress("Starting MiniStack and the local SageMaker")
    tools.triton().require()  # fail before anything starts
    try:
        with deferred():  # until cloud.json names the processes
            cloud, aws_child, sagemaker_child = _start_servers(
                own, settings, stop_with_parent=stop_with_parent
            )
            cloud_state.write(cloud)
        aws_child.wait_until_ready(ministack.ready_url(cloud.aws_url), seconds=_READY_SECONDS)
    except BaseException:
        with deferred():
            _remove(own)
        raise
    return cloud, sagemaker_child


def _start_servers(
    own: Home, settings: Settings, *, stop_with_parent: bool
) -> tuple[EmbeddedCloud, process.Child, process.Child]:
    """Start MiniStack, then SageMaker. Return the cloud and both processes, not yet ready."""
    aws_port, sagemaker_port = process.free_ports(2)
    aws_url, sagemaker_url = ministack.url(aws_port), sagemaker.url(sagemaker_port)
    home, owner = own.folder, random_credentials()
    aws_session.write_config(home / aws_session.CONFIG_FILE)
    aws_child = ministack.start(
        home / "ministack",
        aws_port,
        marker=own.environment(),
        log=home / "logs" / "ministack.log",
        sagemaker_url=sagemaker_url,
        settings=settings.aws,
        owner=owner,
        stop_with_parent=stop_with_parent,
    )
    sagemaker_child = sagemaker.start(
        home,
        sagemaker_port,
        marker=own.environment(),
        log=home / "logs" / "sagemaker.log",
        aws_url=aws_url,
        enforce_iam=settings.aws.enforce_iam,
        seconds_per_minute=settings.seconds_per_minute,
        owner=owner,
        stop_with_parent=stop_with_parent,
    )
    cloud = EmbeddedCloud(
        home=home,
        started=datetime.now(UTC),
        aws_url=aws_url,
        sagemaker_url=sagemaker_url,
        ministack=aws_child.identity,
        sagemaker=sagemaker_child.identity,
        settings=settings,
        owner=owner,
    )
    return cloud, aws_child, sagemaker_child


def _deploy(own: Home, cloud: EmbeddedCloud, progress: stack_deployment.Progress) -> EmbeddedCloud:
    # Computed first, so that the next `up` redeploys after an edit during the deployment.
    sources = stack_deployment.source_digest()
    target = stack_deployment.DeploymentTarget(
        session=cloud.session(),
        environment=cloud.environment(),
        marker=own.environment(),
        logs=cloud.logs,
        home=cloud.home,
    )
    outputs = stack_deployment.deploy(target, cloud.settings.parameters, progress)
    cloud = cloud.model_copy(update={"sources": sources, "outputs": outputs})
    cloud_state.write(cloud)
    return cloud


def _stop(own: Home, cloud: EmbeddedCloud) -> None:
    # SageMaker first: its model servers read from MiniStack and write their logs to it.
    for identity in (cloud.sagemaker, cloud.ministack):
        if own.owns(identity.pid):  # cloud.json may name any process
            process.stop(identity)
    _remove(own)


def _remove(own: Home) -> None:
    """Kill the remaining processes, and remove all files except the logs."""
    remove_leftovers(own)
    for folder in ("ministack", "sagemaker"):
        shutil.rmtree(own.folder / folder, ignore_errors=True)
    for file in ("packaged.yaml", aws_session.CONFIG_FILE, cloud_state.STATE_FILE):
        if (own.folder / file).is_dir() and not (own.folder / file).is_symlink():
            shutil.rmtree(own.folder / file)
        else:
            (own.folder / file).unlink(missing_ok=True)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Lock the home against other modeldrop commands."""
    try:
        lock = os.open(home / homes.LOCK, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        if error.errno in {errno.EISDIR, errno.ELOOP}:
            raise CloudConflict(
                f"{home / homes.LOCK} is not a lock file.", "Delete it and repeat."
            ) from error
        raise
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
