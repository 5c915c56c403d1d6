"""What the pipeline does when SageMaker does what it sometimes does."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from modeldrop.local.sagemaker.faults import ApiFault, EndpointFault
from modeldrop.outcome import Outcome
from tests.workflow.conftest import ENDPOINT_TIMEOUT_SECONDS
from tests.workflow.drops import Cloud, summary, told
from tests.workflow.models import save, traced_scale


def test_throttled(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """Throttled calls are retried by the graph, and then succeed."""
    cloud.faults.add(
        *(
            ApiFault(operation=operation, name_contains=name, times=2)
            for operation in ("CreateModel", "CreateEndpoint", "DescribeEndpoint")
        )
    )
    outcome = cloud.drop(name, save(traced_scale(2), tmp_path / "model.pt"))
    assert told(outcome)["status"] == "SUCCEEDED", summary(outcome)
    assert cloud.failed_attempts(outcome, "Create Model") == ["Throttled", "Throttled"]


def test_endpoint_fails(cloud: Cloud, name: str, tmp_path: Path) -> None:
    reason = "The role has no access to the image."
    cloud.faults.add(EndpointFault(conduct="fail", endpoint_contains=name, reason=reason))
    outcome = cloud.drop(name, save(traced_scale(2), tmp_path / "model.pt"))
    content = told(outcome)
    assert outcome.execution_status == "FAILED"
    assert (content["failed_state"], content["error"]) == ("Check Endpoint", "EndpointFailed")
    assert reason in content["cause"]
    assert cloud.left_of(name) == []


def test_polling_runs_out(cloud: Cloud, tmp_path: Path) -> None:
    """Two endpoints stay Creating, where SageMaker refuses to delete them: one of them settles.

    Both at once, since each takes as long as the time-out.
    """
    model = save(traced_scale(2), tmp_path / "model.pt")
    soon = ENDPOINT_TIMEOUT_SECONDS + 5
    cloud.faults.add(
        EndpointFault(conduct="hang", endpoint_contains="settles", seconds=soon),
        EndpointFault(conduct="hang", endpoint_contains="hangs"),
    )
    with ThreadPoolExecutor() as pool:
        hanging = pool.submit(cloud.drop, "hangs", model)
        settled = cloud.drop("settles", model)
    assert_timed_out(cloud, settled)
    assert told(settled)["remaining"] == []
    assert cloud.left_of("settles") == []
    assert_left_behind(cloud, hanging.result())


def assert_timed_out(cloud: Cloud, outcome: Outcome) -> None:
    content = told(outcome)
    assert outcome.execution_status == "FAILED"
    assert (content["failed_state"], content["error"]) == ("Check Endpoint", "EndpointTimedOut")
    assert f"still Creating after {ENDPOINT_TIMEOUT_SECONDS} seconds" in content["cause"]
    assert "EndpointTimeoutSeconds" in content["fix"]
    assert "Wait for Roll Back" in cloud.states_of(outcome)


def assert_left_behind(cloud: Cloud, outcome: Outcome) -> None:
    assert_timed_out(cloud, outcome)
    assert told(outcome)["remaining"][0] == f"endpoint {cloud.endpoint('hangs')}"
    assert "billed until it is" in outcome.notification.words
    cloud.faults.clear("hangs")
    cloud.delete("hangs")
    assert cloud.left_of("hangs") == []


def test_same_event_twice(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """S3 delivers at least once: the second execution tells so, and changes nothing."""
    first = cloud.drop(name, save(traced_scale(2), tmp_path / "model.pt"))
    assert told(first)["status"] == "SUCCEEDED", summary(first)
    left = cloud.left_of(name)
    second = cloud.repeat(first, name)
    assert second.execution_status == "SUCCEEDED"
    assert told(second)["status"] == "DUPLICATE", summary(second)
    assert first.execution_arn in told(second)["cause"]
    assert told(second)["live_version"] == told(first)["version"]
    assert cloud.left_of(name) == left


def test_same_event_twice_at_once(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """While the first execution is on its way, the second must not touch its resources."""
    cloud.faults.add(EndpointFault(conduct="slow_start", endpoint_contains=name, seconds=4))
    with ThreadPoolExecutor() as pool:
        first = pool.submit(cloud.drop, name, save(traced_scale(2), tmp_path / "model.pt"))
        second = cloud.repeat_running(name)
        assert told(second)["status"] == "DUPLICATE", summary(second)
        assert told(first.result())["status"] == "SUCCEEDED", summary(first.result())
    assert scaled(cloud, name) == 2


def test_update_in_place(cloud: Cloud, name: str, tmp_path: Path) -> None:
    first = cloud.drop(name, save(traced_scale(2), tmp_path / "first.pt"))
    second = cloud.drop(name, save(traced_scale(3), tmp_path / "second.pt"))
    assert told(second)["status"] == "SUCCEEDED", summary(second)
    assert told(second)["endpoint"] == told(first)["endpoint"]
    assert told(second)["live_version"] == told(second)["version"] > told(first)["version"]
    assert scaled(cloud, name) == 3


def test_silent_roll_back(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """InService again, on the config before: that is no success."""
    first = cloud.drop(name, save(traced_scale(2), tmp_path / "first.pt"))
    left = cloud.left_of(name)
    cloud.faults.add(EndpointFault(conduct="roll_back", endpoint_contains=name, reason="Why not."))
    second = cloud.drop(name, save(traced_scale(3), tmp_path / "second.pt"))
    content = told(second)
    assert second.execution_status == "FAILED"
    assert (content["status"], content["error"]) == ("ROLLED_BACK", "EndpointRolledBack")
    assert "Why not." in content["cause"]
    assert content["live_version"] == told(first)["version"]
    assert cloud.left_of(name) == left
    assert scaled(cloud, name) == 2


def test_bad_update_is_put_back(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """The new version is live when its smoke test fails: the one before serves again."""
    first = cloud.drop(name, save(traced_scale(2), tmp_path / "first.pt"))
    left = cloud.left_of(name)
    second = cloud.drop(name, save(traced_scale(float("inf")), tmp_path / "second.pt"))
    content = told(second)
    assert (content["status"], content["failed_state"]) == ("FAILED", "Smoke Test")
    assert content["live_version"] == told(first)["version"]
    assert cloud.left_of(name) == left
    assert scaled(cloud, name) == 2


def test_older_drop_is_superseded(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """An event that comes late, after a newer drop is live, changes nothing."""
    newer = cloud.drop(name, save(traced_scale(2), tmp_path / "model.pt"))
    left = cloud.left_of(name)
    older = cloud.repeat(newer, name, at="2026-01-02T03:04:05Z")
    assert older.execution_status == "SUCCEEDED"
    assert told(older)["status"] == "SUPERSEDED", summary(older)
    assert told(older)["live_version"] == told(newer)["version"]
    assert cloud.left_of(name) == left
    assert scaled(cloud, name) == 2


def scaled(cloud: Cloud, model: str) -> float:
    """What the endpoint makes of 1."""
    body = {
        "inputs": [
            {"name": "INPUT__0", "datatype": "FP32", "shape": [1, 2], "data": np.ones(2).tolist()}
        ]
    }
    content, _ = cloud.invoke(model, json.dumps(body).encode(), "application/json")
    value: float = json.loads(content)["outputs"][0]["data"][0]
    return value
