"""However the local SageMaker ends, none of its processes keeps running."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from modeldrop.local.cleanup import SHARED_MEMORY, region_prefix
from modeldrop.local.sagemaker.faults import EndpointFault, TransformFault
from tests.local_sagemaker.archives import linear_archive, scale_archive
from tests.local_sagemaker.conftest import (
    BUCKET,
    IMAGE,
    ROLE,
    LocalSageMaker,
    start_local_sagemaker,
)
from tests.waiting import until


def processes_of(home: Path) -> list[str]:
    """Return the command lines of the processes whose program is in this home."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if command[0].startswith(str(home)):
            found.append(" ".join(command))
    return found


def shared_memory_of(home: Path) -> list[Path]:
    return list(SHARED_MEMORY.glob(f"{region_prefix(home)}*"))


def environments_of(home: Path) -> list[Path]:
    return list((home / "tritonservers").glob("*/python_env_*"))


Start = Callable[[], LocalSageMaker]


@pytest.fixture
def start(aws_url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts local SageMakers with their homes in tmp_path, which have ended after the test."""
    started: list[LocalSageMaker] = []

    def start_another() -> LocalSageMaker:
        started.append(start_local_sagemaker(tmp_path, aws_url))
        return started[-1]

    yield start_another
    for local in started:
        local.process.kill()
        local.process.wait()


def with_an_endpoint(local: LocalSageMaker) -> LocalSageMaker:
    local.put_model("stopping", linear_archive(1.0))
    local.create_config("stopping", "stopping")
    local.create_endpoint("stopping", "stopping")
    assert local.settled("stopping")["EndpointStatus"] == "InService"
    assert len(processes_of(local.home)) == 2  # the tritonserver and its stub
    assert shared_memory_of(local.home)
    assert list((local.home / "models").iterdir())
    assert environments_of(local.home)  # the environments of the Python backend
    return local


def test_a_stop_leaves_nothing_and_ends_well(start: Start, tmp_path: Path) -> None:
    local = with_an_endpoint(start())
    assert local.stop(signal.SIGTERM) == 0
    assert processes_of(tmp_path) == []
    assert shared_memory_of(tmp_path) == []
    assert environments_of(tmp_path) == []
    assert not (tmp_path / "models").exists()


def test_a_stop_while_creating_does_not_wait_for_it(start: Start, tmp_path: Path) -> None:
    local = start()
    local.put_model("stopping", linear_archive(1.0))
    local.create_config("stopping", "stopping")
    local.create_endpoint("stopping", "stopping")
    local.faults.add(EndpointFault(kind="hang", endpoint_contains="hanging"))
    local.create_endpoint("hanging", "stopping")
    until(lambda: processes_of(tmp_path))
    assert local.describe("stopping")["EndpointStatus"] == "Creating"
    assert local.stop(signal.SIGTERM) == 0
    assert processes_of(tmp_path) == []
    assert shared_memory_of(tmp_path) == []


def test_even_a_kill_leaves_no_process_and_the_next_start_cleans_up(
    start: Start, tmp_path: Path
) -> None:
    local = with_an_endpoint(start())
    assert local.stop(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: processes_of(tmp_path) == [], 20)
    left = SHARED_MEMORY / f"{region_prefix(tmp_path)}left"
    left.touch()
    again = start()
    assert shared_memory_of(tmp_path) == []
    assert not (tmp_path / "models").exists()
    assert again.endpoints() == []
    assert again.stop(signal.SIGINT) == 0


def test_a_kill_ends_the_models_of_a_multi_model_endpoint(start: Start, tmp_path: Path) -> None:
    local = start()
    container = {"Image": IMAGE, "Mode": "MultiModel", "ModelDataUrl": f"s3://{BUCKET}/stopping/"}
    local.sagemaker.create_model(
        ModelName="stopping",
        ExecutionRoleArn=ROLE,
        PrimaryContainer=container,  # type: ignore[arg-type]
    )
    local.create_config("stopping", "stopping")
    local.create_endpoint("stopping", "stopping")
    assert local.settled("stopping")["EndpointStatus"] == "InService"
    body = b'{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 1]}]}'
    for target in ("one", "two"):
        local.s3.put_object(Bucket=BUCKET, Key=f"stopping/{target}", Body=scale_archive(2.0))
        local.runtime.invoke_endpoint(EndpointName="stopping", TargetModel=target, Body=body)
    # A stub waits forever if its tritonserver ends before it has received the response.
    until(lambda: sum("released 1 requests" in each for each in local.log_lines("stopping")) == 2)
    assert len(processes_of(tmp_path)) == 3  # the tritonserver, and a stub for each model
    assert local.stop(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: processes_of(tmp_path) == [], 20)
    again = start()
    assert not (tmp_path / "tritonservers").exists()
    assert shared_memory_of(tmp_path) == []
    assert again.stop(signal.SIGTERM) == 0


def test_shutdown_ends_the_transform_job_and_leaves_nothing(start: Start, tmp_path: Path) -> None:
    local = start()
    with_a_transform_job(local)
    assert local.stop(signal.SIGTERM) == 0
    assert_nothing_is_left(tmp_path)
    local = start()
    with_a_transform_job(local)
    assert local.stop(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: processes_of(tmp_path) == [], 20)
    again = start()
    assert_nothing_is_left(tmp_path)
    # The state is in memory, like the state of endpoints.
    assert again.sagemaker.list_transform_jobs()["TransformJobSummaries"] == []
    assert again.stop(signal.SIGTERM) == 0


def with_a_transform_job(local: LocalSageMaker) -> None:
    """Start a transform job whose first request takes a minute."""
    local.put_model("stopping", scale_archive(2.0))
    local.s3.put_object(Bucket=BUCKET, Key="stopping-in/a", Body=b"{}")
    slow = TransformFault(kind="slow_response", job_contains="stopping", seconds=60.0)
    local.faults.add(slow)
    source: Any = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/stopping-in/"}
    local.sagemaker.create_transform_job(
        TransformJobName="stopping",
        ModelName="stopping",
        TransformInput={"DataSource": {"S3DataSource": source}},
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/stopping-out"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    until(lambda: list((local.home / "transform").glob("*/*.in")))
    assert len(processes_of(local.home)) == 2  # the tritonserver and its stub


def assert_nothing_is_left(home: Path) -> None:
    assert processes_of(home) == []
    assert shared_memory_of(home) == []
    for folder in ("models", "transform", "tritonservers"):
        assert not (home / folder).exists() or not list((home / folder).iterdir())
