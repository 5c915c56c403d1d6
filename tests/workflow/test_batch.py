"""Batch jobs on the embedded cloud: real transform jobs on a real tritonserver."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.workflow.batch_jobs import MODEL, Jobs, jobs_of_live_model, npy, png
from tests.workflow.command import modeldrop
from tests.workflow.drops import content_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.topic_queue import TopicQueue
    from tests.workflow.drops import Cloud

PICTURES = 1000
BROKEN = {"p0003.png": b"no picture", "p0500.png": b"", "p0999.png": b"\x89PNG\r\n\x1a\n"}


@pytest.fixture(scope="module")
def jobs(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Jobs:
    """The batch jobs of a live model."""
    return jobs_of_live_model(cloud, "batch-mean", tmp_path_factory.mktemp("batch"))


@pytest.fixture
def queue(cloud: Cloud) -> Iterator[TopicQueue]:
    """A queue that receives the notifications of batch jobs."""
    with cloud.subscribe("ResultTopicArn", kind=["batch"]) as queue:
        yield queue


def mean_of(result: bytes) -> list[float]:
    with np.load(io.BytesIO(result)) as file:
        means: list[float] = file["y"].reshape(-1).tolist()
    return means


def test_each_kind_of_input_has_its_result_in_both_runs(jobs: Jobs, queue: TopicQueue) -> None:
    rows = np.arange(6, dtype=np.float32).reshape(6, 1, 1, 1) * np.ones((6, 3, 8, 8), np.float32)
    lines = [json.dumps({"x": np.full((3, 8, 8), each).tolist()}) for each in (5, 7)]
    files = {
        "rows.npy": npy(rows),
        "sub/gray.png": png(51),
        "two.jsonl": "\n".join(lines).encode(),
    }
    jobs.upload("kinds", files)
    content = jobs.run("kinds", queue)
    assert content["status"] == "SUCCEEDED", content
    assert content["counts"] == {"inputs": 3, "succeeded": 3, "partial": 0, "failed": 0}
    assert mean_of(jobs.result("kinds", "rows.npy.npz")) == [0, 1, 2, 3, 4, 5]
    assert mean_of(jobs.result("kinds", "sub/gray.png.npz")) == pytest.approx([0.2])
    found = [json.loads(each) for each in jobs.result("kinds", "two.jsonl").splitlines()]
    assert [each["outputs"]["y"] for each in found] == [[[5.0]], [[7.0]]]
    assert jobs.models_of_runs() == []

    first = jobs.results("kinds")
    assert jobs.run("kinds", queue)["status"] == "SUCCEEDED"
    again = jobs.results("kinds")
    assert again.keys() == first.keys()
    assert again["two.jsonl"] == first["two.jsonl"]


def test_refused_record_does_not_affect_the_others(jobs: Jobs, queue: TopicQueue) -> None:
    rows = np.ones((10, 3, 8, 8), np.float32)
    rows[5] = 900
    jobs.upload("refused", {"a.npy": npy(rows), "b.png": png(255), "c.npy": npy(rows[5:6])})
    content = jobs.run("refused", queue)
    assert content["status"] == "PARTIAL", content
    assert content["counts"] == {"inputs": 3, "succeeded": 1, "partial": 1, "failed": 1}
    named = [(each["input"], each["record"]) for each in content["failures"]]
    assert named == [("a.npy", "rows 4 to 7"), ("c.npy", None)]
    causes = {each["cause"] for each in content["failures"]}
    assert causes == {"The model did not process it: a value above 700"}
    with np.load(io.BytesIO(jobs.result("refused", "a.npy.npz"))) as file:
        assert file["_rows"].tolist() == [0, 1, 2, 3, 8, 9]
    assert jobs.models_of_runs() == []


def test_thousand_pictures_with_three_broken_ones(jobs: Jobs, queue: TopicQueue) -> None:
    pictures = {f"p{number:04d}.png": png(number % 256) for number in range(PICTURES)}
    jobs.upload("many", pictures | BROKEN)
    content = jobs.run("many", queue)
    assert content["status"] == "PARTIAL", content
    assert content["counts"] == {
        "inputs": PICTURES,
        "succeeded": PICTURES - 3,
        "partial": 0,
        "failed": 3,
    }
    assert {each["input"] for each in content["failures"]} == set(BROKEN)
    whole = json.loads(jobs.result("many", "summary.json"))
    assert whole["results"].keys() == pictures.keys() - BROKEN.keys()
    assert len(jobs.results("many")) == PICTURES - 3 + 1
    assert mean_of(jobs.result("many", "p0255.png.npz")) == [1.0]


def test_repeated_event_runs_one_job(jobs: Jobs, queue: TopicQueue) -> None:
    jobs.upload("twice", {"a.png": png(0)})
    stepfunctions = jobs.cloud.client("stepfunctions")
    arn = jobs.start("twice")
    found = stepfunctions.describe_execution(executionArn=arn)
    again = stepfunctions.start_execution(
        stateMachineArn=found["stateMachineArn"], input=found["input"]
    )["executionArn"]
    assert jobs.cloud.executions.ended(arn)["status"] == "SUCCEEDED"
    assert jobs.cloud.executions.ended(again)["status"] == "SUCCEEDED"
    assert queue.wait_for(arn).content["status"] == "SUCCEEDED"
    later = queue.notifications(wait_seconds=2)
    assert [each.content["execution_arn"] for each in later] == []


def test_job_without_a_live_version_is_rejected(cloud: Cloud, queue: TopicQueue) -> None:
    nobody = Jobs(cloud, "batch-nobody")
    nobody.upload("first", {"a.png": png(0)})
    content = nobody.run("first", queue)
    assert (content["status"], content["failed_state"]) == ("FAILED", "Plan Batch")
    assert content["error"] == "BatchFailed"
    assert "No version of batch-nobody is live." in content["cause"]
    assert "then upload _READY again" in content["fix"]


def test_model_in_the_folder_of_a_job_is_rejected(jobs: Jobs) -> None:
    key = jobs.key("models", "model.py")
    outcome = jobs.cloud.put_and_follow(key, MODEL.encode())
    content = content_of(outcome)
    assert (content["status"], content["error"]) == ("FAILED", "ModelRejected")
    assert "is in the folder of a batch job" in content["cause"]


def test_command_runs_a_folder_and_fetches_the_results(jobs: Jobs, tmp_path: Path) -> None:
    folder = tmp_path / "monday"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.png").write_bytes(png(255))
    (folder / "sub" / "b.png").write_bytes(b"no picture")
    ended = modeldrop(jobs.cloud, "batch", jobs.model, str(folder), "--json")
    assert ended.code == 1, ended.err
    assert ended.document["counts"]["failed"] == 1
    assert mean_of((folder / "_results" / "a.png.npz").read_bytes()) == [1.0]

    (folder / "sub" / "b.png").write_bytes(png(0))
    ended = modeldrop(jobs.cloud, "batch", jobs.model, str(folder), "-o", str(tmp_path / "out"))
    assert ended.code == 0, ended.err
    assert "all 2 inputs have results" in ended.err
    assert mean_of((tmp_path / "out" / "sub" / "b.png.npz").read_bytes()) == [0.0]

    (folder / "a.png").unlink()
    ended = modeldrop(jobs.cloud, "batch", jobs.model, str(folder))
    assert (ended.code, "has other inputs" in ended.err) == (2, True)
