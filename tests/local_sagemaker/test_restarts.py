"""A tritonserver that ends is restarted. An endpoint whose servers keep ending becomes Failed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision

from modeldrop.local.sagemaker.hosting.container_restarts import MAX_RESTARTS
from modeldrop.local.sagemaker.hosting.fleet_starter import ping_failure
from tests.local_sagemaker.archives import archive, linear_archive, torchscript
from tests.local_sagemaker.conftest import LocalSageMaker
from tests.local_sagemaker.inference import infer, linear
from tests.waiting import until
from workflow.failures.diagnosis import diagnose_response

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
    """Return the pids of the endpoint's tritonservers, which lead their process groups.

    A process that tritonserver forks has its command line, too, until it executes the stub.
    """
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        try:
            command = (entry / "cmdline").read_bytes().decode().split("\0")
            leads = os.getpgid(pid) == pid
        except OSError:
            continue
        is_server = command[0] == str(local.home / "triton" / "tritonserver")
        if is_server and leads and any(f"/{NAME}-" in argument for argument in command):
            found.add(pid)
    return found


def answers(local: LocalSageMaker) -> bool:
    try:
        return bool(linear(local, NAME, [[1, 1, 1, 1]]).tolist() == [[8, 8, 8]])
    except local.runtime.exceptions.ModelError:
        return False


def until_restarted(local: LocalSageMaker, killed: int) -> int:
    """Wait for another server, assert that the killed one left nothing, and return the pid."""
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


class CrashesOnTwo(torch.nn.Module):
    """A model that crashes, because torchvision does not check the picture's index in boxes."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        index = (x.size(0) - 1) * 1e8
        pooled: torch.Tensor = torch.ops.torchvision.roi_align(
            x, torch.tensor([[index, 0.0, 0.0, 2.0, 2.0]]), 1.0, 1, 1, 1, False
        )
        return pooled.flatten(1)


PICTURE_CONFIG = b"""
platform: "pytorch_libtorch"
max_batch_size: 8
input [ { name: "INPUT__0" data_type: TYPE_FP32 dims: [ 1, 4, 4 ] } ]
output [ { name: "OUTPUT__0" data_type: TYPE_FP32 dims: [ 1 ] } ]
"""


def test_crash_in_libtorch_ends_the_container(local: LocalSageMaker) -> None:
    """The same happens on AWS, where libtorch is part of tritonserver."""
    name = "crashes"
    assert torchvision.ops.roi_align  # registers the operator
    model = torchscript(CrashesOnTwo())
    local.put_model(name, archive({"m/config.pbtxt": PICTURE_CONFIG, "m/1/model.pt": model}))
    local.create_config(name, name)
    local.create_endpoint(name, name)
    assert local.settled(name)["EndpointStatus"] == "InService", local.log_lines(name)

    def output_of(rows: int) -> Any:
        pictures = np.ones((rows, 1, 4, 4), np.float32)
        return infer(local, name, {"INPUT__0": pictures}, ["OUTPUT__0"]).as_numpy("OUTPUT__0")

    assert output_of(1).tolist() == [[1]]
    with pytest.raises(local.runtime.exceptions.ModelError) as caught:
        output_of(2)
    response: Any = caught.value.response
    assert response["OriginalStatusCode"] == 0
    diagnosis = diagnose_response(response["OriginalMessage"])
    assert diagnosis is not None
    assert diagnosis.cause.startswith("The container ended while it ran the request")
    until(lambda: "Fatal Python error: Segmentation fault" in "\n".join(local.log_lines(name)), 30)
    until(lambda: "which may not crash here" in "\n".join(local.log_lines(name)), 30)
    local.delete(name)


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
