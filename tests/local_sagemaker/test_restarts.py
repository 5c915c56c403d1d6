"""A tritonserver that ends is started again; an endpoint whose servers keep ending fails."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from modeldrop.local.sagemaker.hosting.container_restarts import MAX_RESTARTS
from modeldrop.local.sagemaker.hosting.fleet import ping_failure
from tests.local_sagemaker.archives import linear_archive
from tests.local_sagemaker.conftest import LocalSageMaker, until
from tests.local_sagemaker.inference import linear

NAME = "restarted"


@pytest.fixture(scope="module")
def configured(local: LocalSageMaker) -> LocalSageMaker:
    local.put_model(NAME, linear_archive(2.0))
    local.create_config(NAME, NAME)
    return local


@pytest.fixture
def live(configured: LocalSageMaker) -> Iterator[LocalSageMaker]:
    local = configured
    local.create_endpoint(NAME, NAME)
    assert local.settled(NAME)["EndpointStatus"] == "InService"
    yield local
    local.delete(NAME)
    assert group_of(local) == set()


def group_of(local: LocalSageMaker) -> set[int]:
    """The tritonservers of the endpoint that run; each leads the process group of its stubs."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if command[0] == str(local.home / "triton" / "tritonserver") and any(
            f"/{NAME}-" in argument for argument in command
        ):
            found.add(int(entry.name))
    return found


def answers(local: LocalSageMaker) -> bool:
    try:
        return bool(linear(local, NAME, [[1, 1, 1, 1]]).tolist() == [[8, 8, 8]])
    except local.runtime.exceptions.ModelError:
        return False


def until_restarted(local: LocalSageMaker, killed: int) -> int:
    """Wait until another server answers; nothing of the killed one is left. Returns its pid."""
    until(lambda: group_of(local) and killed not in group_of(local), 30)
    until(lambda: answers(local), 30)
    assert processes_in_group(killed) == set()
    [server] = group_of(local)
    return server


def test_killed_server_is_started_again(live: LocalSageMaker) -> None:
    [first] = group_of(live)
    folders = set((live.home / "tritonservers").iterdir())
    # The stub is the stand-in for libtorch, whose crash ends tritonserver in the container.
    [stub] = processes_in_group(first) - {first}

    os.kill(stub, signal.SIGKILL)
    second = until_restarted(live, first)
    os.kill(second, signal.SIGKILL)
    until_restarted(live, second)

    assert live.describe(NAME)["EndpointStatus"] == "InService"
    assert len(set((live.home / "tritonservers").iterdir())) == len(folders)
    until(lambda: f"backend pytorch (pid {stub}) ended" in log_of(live), 30)
    until(lambda: f"SIGKILL ended tritonserver (pid {second})" in log_of(live), 30)


def log_of(local: LocalSageMaker) -> str:
    return "\n".join(local.log_lines(NAME))


def test_endpoint_fails_if_its_server_keeps_ending(live: LocalSageMaker) -> None:
    killed: set[int] = set()

    def kill_next() -> bool:
        for pid in group_of(live) - killed:
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)
        return live.describe(NAME)["EndpointStatus"] == "Failed"

    until(kill_next, 60)

    assert len(killed) == MAX_RESTARTS + 1
    assert live.describe(NAME)["FailureReason"] == ping_failure("primary")
    with pytest.raises(live.runtime.exceptions.ValidationError, match="not found"):
        live.runtime.invoke_endpoint(EndpointName=NAME, Body=b"")
    until(lambda: group_of(live) == set(), 10)
    assert not list((live.home / "models").glob(f"{NAME}-*"))


def processes_in_group(leader: int) -> set[int]:
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(entry.name)) == leader:
                found.add(int(entry.name))
        except ProcessLookupError:
            continue
    return found
