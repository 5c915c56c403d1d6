"""kill -9 of the whole emulated AWS, while a model is on its way."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from modeldrop.dropping.drop import Drop, put
from modeldrop.executions.following import find_execution, follow
from modeldrop.local import cleanup, cloud
from modeldrop.local import home as homes
from modeldrop.local.cloud import EmbeddedCloud, Settings
from modeldrop.local.ministack import process as ministack
from modeldrop.local.run import run
from modeldrop.local.sagemaker import __main__ as sagemaker
from tests.embedded_cloud.lambda_function import make_function
from tests.waiting import eventually, is_alive
from tests.workflow.models import save, traced_scale

SETTINGS = Settings(
    parameters={"FirstPollSeconds": "1", "PollSeconds": "1", "EndpointTimeoutSeconds": "120"},
    aws=ministack.Settings(enforce_iam=False),  # the function that sleeps has no role
)

SLEEPS = """
import pathlib, time

def handler(event, context):
    pathlib.Path(event).touch()
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Each test has the cloud up there first, which is quick after another test."""
    home = tmp_path_factory.mktemp("home")
    yield home
    cloud.down(home)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return save(traced_scale(2), tmp_path / "model.pt")


def stop_between_states(running: EmbeddedCloud, model: Path, busy: Path) -> list[int]:
    """SIGKILL for both servers, as soon as tritonserver runs and a Lambda works; who is left."""
    session = running.session()
    function = make_function(session, SLEEPS)
    session.client("lambda").invoke(
        FunctionName=function, InvocationType="Event", Payload=f'"{busy}"'
    )
    drop = Drop("scale", model, None, None)
    dropped = put(session.client("s3"), running.output("DropBucketName"), drop)
    stepfunctions = session.client("stepfunctions")
    machine = running.output("DeployModelStateMachineArn")
    execution = find_execution(stepfunctions, machine, dropped)
    for visits in follow(stepfunctions, execution, poll_seconds=0.25):
        if {"Wait for Endpoint"} & {visit.name for visit in visits} and eventually(busy.exists):
            break
    assert eventually(lambda: bool(cleanup.shared_memory(running.home)))
    assert stepfunctions.describe_execution(executionArn=execution)["status"] == "RUNNING"
    left = processes(running.home)
    for server in (running.ministack, running.sagemaker):
        os.kill(server.pid, signal.SIGKILL)
    return left


def processes(folder: Path) -> list[int]:
    home = homes.find(folder)
    return [] if home is None else home.processes()


def test_up_again_works_and_nothing_of_before_is_left(
    home: Path, model: Path, tmp_path: Path
) -> None:
    dead = cloud.up(home, SETTINGS)
    before = stop_between_states(dead, model, tmp_path / "busy")

    assert eventually(lambda: cloud.find(home) is None)
    assert any(map(is_alive, before)), "then this test shows nothing"
    alive = cloud.up(home, SETTINGS)

    assert not any(map(is_alive, before))
    for url in (dead.aws_url, dead.sagemaker_url):
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, trust_env=False)
    outcome = run(alive, Drop("scale", model, None, None))
    assert outcome.execution_status == "SUCCEEDED", outcome.notification.content


def test_up_recovers_from_a_cloud_of_which_a_part_died(home: Path) -> None:
    dead = cloud.up(home, SETTINGS)
    os.kill(dead.ministack.pid, signal.SIGKILL)
    assert eventually(lambda: not dead.ministack.is_running())
    assert cloud.find(home) is None

    alive = cloud.up(home, SETTINGS)

    assert alive.is_running()
    assert not dead.sagemaker.is_running()


def test_down_leaves_nothing(home: Path, model: Path, tmp_path: Path) -> None:
    before = stop_between_states(cloud.up(home, SETTINGS), model, tmp_path / "busy")
    assert cleanup.shared_memory(home)

    assert cloud.down(home)

    assert not any(map(is_alive, before))
    assert processes(home) == []
    assert cleanup.shared_memory(home) == []
    assert {path.name for path in home.iterdir()} == {"logs", "lock", "home.json"}


def test_shared_memory_is_known_by_the_name_that_the_local_sagemaker_gives_it() -> None:
    home = Path("/a/home")
    region = Path("/dev/shm") / f"{sagemaker._region_prefix(home / 'sagemaker')}{os.getpid()}"  # noqa: S108
    region.touch()
    try:
        assert cleanup.shared_memory(home) == [region]
    finally:
        region.unlink()
