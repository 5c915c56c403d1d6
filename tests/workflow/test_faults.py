"""Duplicate and late events, and endpoints that hang. test_fault_matrix.py has the other faults."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modeldrop.executions.outcome import Outcome
from modeldrop.local.ministack.injected_faults import AwsFault, LambdaFault, Service
from modeldrop.local.sagemaker.faults import ApiFault, EndpointFault
from tests.workflow.conftest import ENDPOINT_TIMEOUT_SECONDS
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.executions import notifications
from tests.workflow.models import save_scale
from tests.workflow.scaled import scaled


def test_polling_runs_out(cloud: Cloud, tmp_path: Path) -> None:
    """Two endpoints stay Creating, so SageMaker refuses to delete them. One of them settles.

    Both run at once, because each takes as long as the timeout.
    """
    model = save_scale(2, tmp_path / "model.onnx")
    names = ("settles", "hangs")
    cloud.faults.add(*(EndpointFault(kind="hang", endpoint_contains=each) for each in names))
    with ThreadPoolExecutor() as pool:
        settling, hanging = (pool.submit(cloud.drop, each, model) for each in names)
        assert cloud.executions.entered(cloud.running("settles"), {"Wait for Roll Back"})
        cloud.faults.clear("settles")
    settled = settling.result()
    assert_timed_out(cloud, settled)
    assert content_of(settled)["remaining"] == []
    assert cloud.left_of("settles") == []
    assert_left_behind(cloud, hanging.result())


def assert_timed_out(cloud: Cloud, outcome: Outcome) -> None:
    content = content_of(outcome)
    assert outcome.execution_status == "FAILED"
    assert (content["failed_state"], content["error"]) == ("Check Endpoint", "EndpointTimedOut")
    assert f"still Creating after {ENDPOINT_TIMEOUT_SECONDS} seconds" in content["cause"]
    assert "EndpointTimeoutSeconds" in content["fix"]
    assert "Wait for Roll Back" in cloud.states_of(outcome)


def assert_left_behind(cloud: Cloud, outcome: Outcome) -> None:
    assert_timed_out(cloud, outcome)
    assert content_of(outcome)["remaining"][0] == f"endpoint {cloud.endpoint('hangs')}"
    assert "Not deleted: " in outcome.notification.words
    assert outcome.notification.attributes["needs_action"] == "true"
    cloud.faults.clear("hangs")
    cloud.delete("hangs")
    assert cloud.left_of("hangs") == []


def test_same_event_twice(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """S3 delivers at least once. The second execution reports a duplicate, and changes nothing."""
    first = cloud.drop(name, save_scale(2, tmp_path / "model.onnx"))
    assert content_of(first)["status"] == "SUCCEEDED", summary(first)
    left = cloud.left_of(name)
    second = cloud.repeat(first, name)
    assert second.execution_status == "SUCCEEDED"
    assert content_of(second)["status"] == "DUPLICATE", summary(second)
    assert first.execution_arn in content_of(second)["cause"]
    assert content_of(second)["live_version"] == content_of(first)["version"]
    assert cloud.left_of(name) == left


def test_same_event_twice_at_once(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """While the first execution is running, the second must not touch its resources."""
    cloud.faults.add(
        EndpointFault(kind="slow_start", endpoint_contains=cloud.endpoint(name), seconds=4)
    )
    with ThreadPoolExecutor() as pool:
        first = pool.submit(cloud.drop, name, save_scale(2, tmp_path / "model.onnx"))
        second = cloud.repeat_running(name)
        assert content_of(second)["status"] == "DUPLICATE", summary(second)
        assert content_of(first.result())["status"] == "SUCCEEDED", summary(first.result())
    assert scaled(cloud, name) == 2


def test_older_drop_is_superseded(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """A late event, after a newer drop is live, changes nothing."""
    newer = cloud.drop(name, save_scale(2, tmp_path / "model.onnx"))
    left = cloud.left_of(name)
    older = cloud.repeat(newer, name, time="2026-01-02T03:04:05Z")
    assert older.execution_status == "SUCCEEDED"
    assert content_of(older)["status"] == "SUPERSEDED", summary(older)
    assert content_of(older)["live_version"] == content_of(newer)["version"]
    assert cloud.left_of(name) == left
    assert scaled(cloud, name) == 2


def denied(service: Service, operation: str, caller: str) -> AwsFault:
    """Return a fault that denies every call of an operation by a function."""
    return AwsFault(
        service=service,
        operation=operation,
        caller_contains=caller,
        code="AccessDenied",
        status=403,
        times=None,
    )


def dead(function: str) -> LambdaFault:
    return LambdaFault(kind="crash_before", function_contains=function, times=None)


DEPENDENCIES = {
    "sagemaker": ApiFault(operation="DescribeEndpoint", error="AccessDeniedException", times=None),
    "s3-of-the-report": denied("s3", "PutObject", "WriteReport"),
    "s3-of-the-result": denied("s3", "GetObject", "PublishResult"),
    "sns": denied("sns", "Publish", "PublishResult"),
    "report": dead("WriteReportFunction"),
    "result": dead("PublishResultFunction"),
}


@pytest.mark.parametrize("dependency", DEPENDENCIES)
def test_notification_without(cloud: Cloud, name: str, dependency: str) -> None:
    """Each dependency of the last two states may be missing.

    Inspect Model rejects the drop, so no other state needs the dependency."""
    fault = DEPENDENCIES[dependency]
    match fault:
        case ApiFault():
            cloud.faults.add(fault.model_copy(update={"name_contains": cloud.endpoint(name)}))
        case AwsFault():
            cloud.emulator_faults.add(fault.model_copy(update={"contains": name}))
        case LambdaFault():
            cloud.emulator_faults.add(fault.model_copy(update={"payload_contains": name}))
    key = f"{name}/model.pt"
    with notifications(cloud, name) as received:
        arn = cloud.executions.of(key, cloud.put(key, b"<html>404</html>"))
        cloud.executions.ended(arn)
        [published] = received.of(arn)
    assert published.content["status"] == "FAILED", published.words
    alone = dependency in {"sns", "result"}  # Publish Result could not publish
    assert (published.content["failed_state"] == "Inspect Model") is not alone
    # SageMaker has the live versions of separate endpoints, and live.json those in pools.
    unknown = alone or dependency in {"sagemaker", "s3-of-the-result"}
    assert (published.content["live_version"] == "unknown") is unknown
