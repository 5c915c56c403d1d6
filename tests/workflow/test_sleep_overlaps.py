"""Sleeping and waking at the same time as other requests, repeated, and stopped halfway."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from model_packager.executions.inputs import sleep_input, wake_input
from modeldrop.executions.outcome import Outcome
from modeldrop.local.sagemaker.faults import ApiFault, EndpointFault
from tests.waiting import eventually
from tests.workflow.command import modeldrop
from tests.workflow.drops import NOTHING, content_of
from tests.workflow.executions import LIMIT_SECONDS, notifications
from tests.workflow.models import save_scale
from tests.workflow.scaled import scaled
from tests.workflow.test_observing import lines_of
from tests.workflow.test_sleep import dropped, has_endpoint, live

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workflow.command import Ended
    from tests.workflow.drops import Cloud


def now() -> str:
    return datetime.now(UTC).isoformat()


def start_sleep(cloud: Cloud, name: str) -> str:
    return cloud.start_retirement(sleep_input(name, "SCHEDULE", now()))


def start_wake(cloud: Cloud, name: str, version: str) -> str:
    """Start the execution that `modeldrop wake` and the schedule start."""
    event = wake_input(live(cloud, name).source, version, now())
    arn: str = cloud.executions.start(event, f"{name}-wake-{datetime.now(UTC):%H%M%S%f}")
    return arn


def hold_deletion(cloud: Cloud, name: str) -> str:
    """Put a model to sleep, fail the endpoint's deletion, and wait until live.json has changed."""
    cloud.faults.add(
        ApiFault(operation="DeleteEndpoint", name_contains=cloud.endpoint(name), times=None)
    )
    arn = start_sleep(cloud, name)
    sleeping = Outcome(arn, "RUNNING", NOTHING)
    assert eventually(
        lambda: "Throttled" in cloud.failed_attempts(sleeping, "Retire Model"), LIMIT_SECONDS
    )
    assert live(cloud, name).sleep_execution == arn
    return arn


def stop_sleeping(cloud: Cloud, name: str) -> None:
    """Stop an execution between the change of live.json and the deletion of the endpoint."""
    arn = hold_deletion(cloud, name)
    cloud.client("stepfunctions").stop_execution(executionArn=arn)
    assert eventually(lambda: no_call_is_running(cloud, name, arn), LIMIT_SECONDS)
    cloud.faults.clear(cloud.endpoint(name))
    assert has_endpoint(cloud, name)


def no_call_is_running(cloud: Cloud, name: str, arn: str) -> bool:
    """Return whether Retire Model has logged the end of each call. StopExecution ends no call."""
    calls = cloud.calls(Outcome(arn, "ABORTED", NOTHING), "Retire Model")
    ends = [
        each
        for each in lines_of(cloud, name)
        if each.get("execution_arn") == arn and each["message"].startswith("Retire Model ")
    ]
    return len(ends) == calls


def stop_waking(cloud: Cloud, name: str, version: str) -> None:
    """Stop a wake-up before the smoke test, so that its endpoint stays."""
    arn = start_wake(cloud, name, version)
    assert cloud.executions.entered(arn, {"Wait for Endpoint"})
    cloud.client("stepfunctions").stop_execution(executionArn=arn)


def is_asleep(cloud: Cloud, name: str) -> bool:
    return live(cloud, name).asleep_since is not None and not has_endpoint(cloud, name)


def assert_not_broken(cloud: Cloud, name: str) -> None:
    """Assert that no command reports a failed model, or offers to delete its versions."""
    status = modeldrop(cloud, "status", "--json").document["models"]
    (row,) = [each for each in status if each["model"] == name]
    assert row["endpoint_status"] in {None, "Creating", "InService", "Deleting"}
    orphans = modeldrop(cloud, "orphans", "--json").document["orphans"]
    assert [each for each in orphans if name in each["name"] and not each["report_only"]] == []
    invoked = modeldrop(cloud, "invoke", name)
    assert invoked.code == 0 or f"{name} has been asleep since" in invoked.err


def wake(cloud: Cloud, name: str) -> None:
    woken = modeldrop(cloud, "wake", name, "--json")
    assert (woken.code, woken.document["status"]) == (0, "SUCCEEDED"), woken.err
    assert live(cloud, name).asleep_since is None
    assert scaled(cloud, name) == 2


def sleep(cloud: Cloud, name: str) -> Ended:
    asleep = modeldrop(cloud, "sleep", name, "--json")
    assert (asleep.code, asleep.document["status"]) == (0, "ASLEEP"), asleep.err
    assert is_asleep(cloud, name)
    return asleep


def test_stopped_while_falling_asleep(cloud: Cloud, name: str, tmp_path: Path) -> None:
    dropped(cloud, name, tmp_path)
    before = cloud.left_of(name)
    stop_sleeping(cloud, name)
    assert_not_broken(cloud, name)
    wake(cloud, name)
    assert cloud.left_of(name) == before
    stop_sleeping(cloud, name)
    sleep(cloud, name)
    again = modeldrop(cloud, "sleep", name)
    assert (again.code, "has been asleep since" in again.err) == (2, True)
    wake(cloud, name)
    stop_sleeping(cloud, name)
    (outcome,) = cloud.watch(name)
    assert (content_of(outcome)["status"], content_of(outcome)["reason"]) == ("ASLEEP", "STUCK")
    assert is_asleep(cloud, name)
    cloud.delete(name)
    assert cloud.left_of(name) == []


def test_stopped_while_waking(cloud: Cloud, name: str, tmp_path: Path) -> None:
    version = dropped(cloud, name, tmp_path)
    before = cloud.left_of(name)
    sleep(cloud, name)
    stop_waking(cloud, name, version)
    assert_not_broken(cloud, name)
    wake(cloud, name)
    assert cloud.left_of(name) == before
    sleep(cloud, name)
    stop_waking(cloud, name, version)
    sleep(cloud, name)
    stop_waking(cloud, name, version)
    cloud.client("sagemaker").get_waiter("endpoint_in_service").wait(
        EndpointName=cloud.endpoint(name), WaiterConfig={"Delay": 1}
    )
    (outcome,) = cloud.watch(name)
    assert content_of(outcome)["status"] == "ASLEEP", "a retirement would delete the only version"
    wake(cloud, name)
    cloud.delete(name)


def test_two_requests_at_once(cloud: Cloud, name: str, tmp_path: Path) -> None:
    """EventBridge Scheduler may start an execution twice."""
    version = dropped(cloud, name, tmp_path)
    with notifications(cloud, name) as received:
        both = [start_sleep(cloud, name) for _ in range(2)]
        assert [cloud.executions.ended(each)["status"] for each in both] == ["SUCCEEDED"] * 2
        statuses = [each.content["status"] for arn in both for each in received.of(arn, 2)]
        assert set(statuses) == {"ASLEEP"}
        assert is_asleep(cloud, name)

        both = [start_wake(cloud, name, version) for _ in range(2)]
        for each in both:
            cloud.executions.ended(each)
        statuses = [received.of(each)[-1].content["status"] for each in both]
        assert "SUCCEEDED" in statuses
        assert set(statuses) <= {"SUCCEEDED", "DUPLICATE"}
    assert live(cloud, name).asleep_since is None
    assert scaled(cloud, name) == 2
    cloud.delete(name)


def test_sleep_and_wake_wait_for_each_other(cloud: Cloud, name: str, tmp_path: Path) -> None:
    version = dropped(cloud, name, tmp_path)
    asleep = hold_deletion(cloud, name)
    woken = start_wake(cloud, name, version)
    waits = Outcome(woken, "RUNNING", NOTHING)
    assert eventually(
        lambda: "EndpointBusy" in cloud.failed_attempts(waits, "Create Endpoint"), LIMIT_SECONDS
    )
    cloud.faults.clear(cloud.endpoint(name))
    assert cloud.executions.ended(asleep)["status"] == "SUCCEEDED"
    assert cloud.executions.ended(woken)["status"] == "SUCCEEDED"
    assert scaled(cloud, name) == 2

    sleep(cloud, name)
    cloud.faults.add(EndpointFault(kind="hang", endpoint_contains=cloud.endpoint(name)))
    woken = start_wake(cloud, name, version)
    assert cloud.executions.entered(woken, {"Wait for Endpoint"})
    refused = modeldrop(cloud, "sleep", name)
    assert (refused.code, "a deployment of it is running" in refused.err) == (2, True)
    cloud.faults.clear(cloud.endpoint(name))
    assert cloud.executions.ended(woken)["status"] == "SUCCEEDED"
    sleep(cloud, name)
    cloud.delete(name)


def test_wake_never_replaces_a_later_drop(cloud: Cloud, name: str, tmp_path: Path) -> None:
    version = dropped(cloud, name, tmp_path)
    requested = now()
    sleep(cloud, name)
    cloud.faults.add(EndpointFault(kind="hang", endpoint_contains=cloud.endpoint(name)))
    with notifications(cloud, name) as received:
        key, model = f"{name}/model.onnx", save_scale(3, tmp_path / "model.onnx")
        update = cloud.executions.of(key, cloud.put(key, model.read_bytes()))
        assert cloud.executions.entered(update, {"Wait for Endpoint"})
        woken = start_wake(cloud, name, version)
        waits = Outcome(woken, "RUNNING", NOTHING)
        assert eventually(
            lambda: "EndpointBusy" in cloud.failed_attempts(waits, "Create Endpoint"),
            LIMIT_SECONDS,
        )
        cloud.faults.clear(cloud.endpoint(name))
        assert cloud.executions.ended(update)["status"] == "SUCCEEDED"
        late = start_wake(cloud, name, version)
        for each in (woken, late):
            cloud.executions.ended(each)
            assert received.of(each)[-1].content["status"] == "SUPERSEDED"
    assert cloud.nothing_retired(sleep_input(name, "SCHEDULE", requested))
    assert scaled(cloud, name) == 3
    assert live(cloud, name).asleep_since is None
    cloud.delete(name)
    assert cloud.left_of(name) == []
