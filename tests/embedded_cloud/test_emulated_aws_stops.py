"""Kills the emulated AWS with SIGKILL during a deployment."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import pytest

from modeldrop.dropping.drop import Drop, put
from modeldrop.executions.following import find_execution, follow
from modeldrop.live.batch_job import MACHINE as BATCH_MACHINE
from modeldrop.live.batch_job import JobFolder, start
from modeldrop.local import cleanup, cloud, cloud_state
from modeldrop.local import home as homes
from modeldrop.local.cloud_state import EmbeddedCloud, Settings
from modeldrop.local.ministack import process as ministack
from modeldrop.local.run import run
from modeldrop.local.sagemaker.faults import EndpointFault, FaultsClient, TransformFault
from tests.embedded_cloud.lambda_function import make_function
from tests.waiting import eventually, is_alive
from tests.workflow.models import save, save_scale, traced_scale

SETTINGS = Settings(
    parameters={
        "FirstPollSeconds": "1",
        "PollSeconds": "1",
        "SettleSeconds": "1",
        "EndpointTimeoutSeconds": "120",
        "AllowNetworkAccess": "true",  # serverless containers cannot be isolated
    },
    aws=ministack.Settings(enforce_iam=False),  # the sleeping function has no role
)

MODES = {
    "first": "{mode: pool, pool: small}",
    "joining": "{mode: pool, pool: small}",
    "queued": "{mode: async, max_instances: 2}",
    "cold": "{mode: serverless, memory_mb: 2048, max_concurrency: 3}",
}

SLEEPS = """
import pathlib, time

def handler(event, context):
    pathlib.Path(event).touch()
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of a cloud that each test starts first, which is fast after another test."""
    home = tmp_path_factory.mktemp("home")
    yield home
    cloud.down(home)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return save(traced_scale(2), tmp_path / "model.pt")


def stop_between_states(running: EmbeddedCloud, model: Path, busy: Path) -> list[int]:
    """Send SIGKILL to both servers once a tritonserver and a function run.

    Return the remaining pids.
    """
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


def test_local_up_works_again_and_leaves_nothing_behind(
    home: Path, model: Path, tmp_path: Path
) -> None:
    dead = cloud.up(home, SETTINGS)
    before = stop_between_states(dead, model, tmp_path / "busy")

    assert eventually(lambda: cloud_state.find(home) is None)
    assert any(map(is_alive, before)), "then this test shows nothing"
    alive = cloud.up(home, SETTINGS)

    assert not any(map(is_alive, before))
    for url in (dead.aws_url, dead.sagemaker_url):
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, trust_env=False)
    outcome = run(alive, Drop("scale", model, None, None))
    assert outcome.execution_status == "SUCCEEDED", outcome.notification.content


def write_drops(folder: Path) -> list[Drop]:
    """Write drops for two models of a pool, an asynchronous one and a serverless one."""
    drops = []
    for name, hosting in MODES.items():
        (folder / name).mkdir()
        spec = folder / name / "deploy.yaml"
        spec.write_text(f"hosting: {hosting}\nsmoke_test: {{requests: 2}}\n")
        drops.append(Drop(name, save_scale(2, folder / name / "model.onnx"), spec, None))
    return drops


def start_batch_job(running: EmbeddedCloud, model: str) -> str:
    """Start a batch job with one input, and return the ARN of its execution."""
    folder, content = JobFolder(running.output("DropBucketName"), f"{model}/batch/one/"), BytesIO()
    np.save(content, np.ones((1, 2), np.float32))
    running.session().client("s3").put_object(
        Bucket=folder.bucket, Key=f"{folder.prefix}a.npy", Body=content.getvalue()
    )
    return start(running.session(), running.output(BATCH_MACHINE), folder)


def wait_for(running: EmbeddedCloud, execution: str, state: str) -> None:
    """Wait until a running execution has entered a state."""
    stepfunctions = running.session().client("stepfunctions")
    for visits in follow(stepfunctions, execution, poll_seconds=0.25):
        if state in {visit.name for visit in visits}:
            return
    raise AssertionError(f"{execution} has ended without {state}")


def test_every_hosting_mode_and_batch_jobs_work_again(home: Path, tmp_path: Path) -> None:
    """The cloud is killed while one model joins a pool, another runs a batch job, and two start."""
    dead, drops = cloud.up(home, SETTINGS), write_drops(tmp_path)
    assert run(dead, drops[0]).execution_status == "SUCCEEDED"
    FaultsClient(dead.sagemaker_url, dead.owner).add(
        EndpointFault(kind="slow_response", seconds=600, times=None),
        TransformFault(kind="slow_response", seconds=600),
    )
    wait_for(dead, start_batch_job(dead, drops[0].name), "Check Transform")
    stepfunctions = dead.session().client("stepfunctions")
    machine = dead.output("DeployModelStateMachineArn")
    dropped = [
        put(dead.session().client("s3"), dead.output("DropBucketName"), each) for each in drops[1:]
    ]
    for each in dropped:
        wait_for(dead, find_execution(stepfunctions, machine, each), "Smoke Test")
    before = processes(home)
    for server in (dead.ministack, dead.sagemaker):
        os.kill(server.pid, signal.SIGKILL)

    assert eventually(lambda: cloud_state.find(home) is None)
    assert any(map(is_alive, before)), "then this test shows nothing"
    alive = cloud.up(home, SETTINGS)
    assert not any(map(is_alive, before))
    assert cleanup.shared_memory(home) == []
    with ThreadPoolExecutor() as pool:
        outcomes = list(pool.map(lambda drop: run(alive, drop), drops))
    for outcome in outcomes:
        assert outcome.execution_status == "SUCCEEDED", outcome.notification.content
    job = start_batch_job(alive, drops[0].name)
    wait_for(alive, job, "Batch Finished")


def test_up_recovers_from_a_partly_dead_cloud(home: Path) -> None:
    dead = cloud.up(home, SETTINGS)
    os.kill(dead.ministack.pid, signal.SIGKILL)
    assert eventually(lambda: not dead.ministack.is_running())
    assert cloud_state.find(home) is None

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
