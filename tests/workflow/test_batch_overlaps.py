"""Batch jobs while their model changes, and two concurrent jobs."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from modeldrop.local.ministack.injected_faults import LambdaFault
from modeldrop.local.sagemaker.faults import TransformFault
from tests.workflow.batch_jobs import MODEL, Jobs, jobs_of_live_model, npy
from tests.workflow.drops import content_of, summary
from tests.workflow.executions import notifications

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.workflow.drops import Cloud
    from tests.workflow.executions import Notifications

OTHER_MODEL = MODEL.replace("x.mean(", "2 * x.mean(")
A_RECORD = 600.0
"""The seconds that a record takes, unless its fault is cleared."""


@pytest.fixture
def jobs(cloud: Cloud, name: str, tmp_path: Path) -> Jobs:
    """The batch jobs of a live model that only this test uses."""
    return jobs_of_live_model(cloud, name, tmp_path)


@pytest.fixture
def received(jobs: Jobs) -> Iterator[Notifications]:
    with notifications(jobs.cloud, jobs.model) as received:
        yield received


def rows_of(value: float) -> bytes:
    return npy(np.full((1, 3, 8, 8), value, np.float32))


def means(jobs: Jobs, job: str) -> dict[str, float]:
    """Return the result of each input, which has one row."""
    found = {}
    for name in jobs.results(job):
        if name.endswith(".npz"):
            with np.load(io.BytesIO(jobs.result(job, name))) as file:
                found[name.removesuffix(".npy.npz")] = float(file["y"][0, 0])
    return found


def start_and_hold(jobs: Jobs, job: str) -> str:
    """Start a job, and wait until its container has started to process the only record."""
    jobs.cloud.faults.add(
        TransformFault(kind="slow_response", job_contains=jobs.endpoint, seconds=A_RECORD)
    )
    jobs.upload(job, {"a.npy": rows_of(3)})
    arn = jobs.start(job)
    assert jobs.cloud.executions.entered(arn, {"Check Transform"})
    return arn


def update(jobs: Jobs) -> str:
    """Drop another model, whose results are twice as large, and return its version."""
    outcome = jobs.cloud.put_and_follow(f"{jobs.model}/model.py", OTHER_MODEL.encode(), jobs.model)
    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    version: str = content_of(outcome)["version"]
    return version


def ended(jobs: Jobs, received: Notifications, arn: str) -> dict[str, Any]:
    """Wait for the end of a job, assert that only results are left, and return the notification."""
    jobs.cloud.executions.ended(arn)
    (published,) = received.of(arn)
    assert jobs.running_transforms() == []
    assert jobs.models_of_runs() == []
    return published.content


def test_job_ends_with_the_version_that_it_started_with(
    jobs: Jobs, received: Notifications
) -> None:
    arn = start_and_hold(jobs, "during-update")
    later = update(jobs)
    jobs.cloud.faults.clear(jobs.endpoint)
    content = ended(jobs, received, arn)
    assert content["status"] == "SUCCEEDED", content
    assert content["version"] < later
    assert means(jobs, "during-update") == {"a": 3}

    content = ended(jobs, received, jobs.start("during-update"))
    assert (content["status"], content["version"]) == ("SUCCEEDED", later)
    assert means(jobs, "during-update") == {"a": 6}


def test_retirement_leaves_a_running_job_alone(jobs: Jobs, received: Notifications) -> None:
    arn = start_and_hold(jobs, "during-retirement")
    assert jobs.cloud.delete(jobs.model).content["status"] == "RETIRED"
    jobs.cloud.faults.clear(jobs.endpoint)
    content = ended(jobs, received, arn)
    assert content["status"] == "SUCCEEDED", content
    assert means(jobs, "during-retirement") == {"a": 3}
    assert jobs.cloud.left_of(jobs.model) == []


@pytest.mark.parametrize("state", ["Start Transform", "Check Transform"])
def test_retired_before_its_container_starts(
    jobs: Jobs, received: Notifications, state: str
) -> None:
    """The version's files are deleted before or after the job has created the archive."""
    if state == "Start Transform":
        fault = LambdaFault(
            kind="throttle",
            function_contains="StartTransform",
            payload_contains=jobs.model,
            times=None,
        )
        jobs.cloud.emulator_faults.add(fault)
    else:
        jobs.cloud.faults.add(TransformFault(kind="hang", job_contains=jobs.endpoint))
    jobs.upload("late", {"a.npy": rows_of(3)})
    arn = jobs.start("late")
    assert jobs.cloud.executions.entered(arn, {state})
    assert jobs.cloud.delete(jobs.model).content["status"] == "RETIRED"
    jobs.cloud.faults.clear(jobs.endpoint)
    jobs.cloud.emulator_faults.clear(jobs.model)
    content = ended(jobs, received, arn)
    assert (content["status"], content["error"]) == ("FAILED", "BatchFailed"), content
    assert "was deleted after the job had begun" in content["cause"]
    assert "_READY again" in content["fix"]
    assert means(jobs, "late") == {}
    assert jobs.cloud.left_of(jobs.model) == []


def test_two_jobs_at_once(jobs: Jobs, received: Notifications) -> None:
    """Both jobs create the version's archive. Their inputs have the same names."""
    inputs = {"one": 3.0, "two": 5.0}
    for job, value in inputs.items():
        jobs.upload(job, {f"{name}.npy": rows_of(value) for name in "abc"})
    arns = {job: jobs.start(job) for job in inputs}
    for arn in arns.values():
        jobs.cloud.executions.ended(arn)
    for job, arn in arns.items():
        content = ended(jobs, received, arn)
        assert (content["status"], content["job"]) == ("SUCCEEDED", job), content
        assert means(jobs, job) == dict.fromkeys("abc", inputs[job])
