from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from model_packager.aws_limits import LOG_STREAMS
from model_packager.executions.history import StateVisit
from modeldrop.executions.endpoint_progress import EndpointWatch, awaited_endpoint

if TYPE_CHECKING:
    from boto3 import Session

ENDPOINT, STAGING = "modeldrop-resnet", "modeldrop-resnet-20260801t151224z-3f9a1c2b"
BEGAN = datetime.now(UTC)


def visits(*names: str, **outputs: str) -> list[StateVisit]:
    """Return finished visits of Inspect Model and `outputs`, then unfinished visits."""
    inspected = json.dumps({"deployment": {"endpoint": ENDPOINT}})
    done = [StateVisit("Inspect Model", BEGAN, BEGAN, inspected)]
    for name, target in outputs.items():
        output = json.dumps({"target": target})
        done.append(StateVisit(name.replace("_", " "), BEGAN, BEGAN, output))
    return [*done, *(StateVisit(name, BEGAN, None) for name in names)]


def test_endpoint_is_that_of_the_model() -> None:
    assert awaited_endpoint(visits("Create Endpoint")) == ENDPOINT
    assert awaited_endpoint(visits("Wait for Endpoint", Create_Endpoint=ENDPOINT)) == ENDPOINT


def test_staging_is_awaited_until_it_is_left() -> None:
    staged = visits("Create Endpoint", Create_Endpoint_Config=STAGING)
    assert awaited_endpoint(staged) == STAGING
    waiting = visits("Wait for Endpoint", Create_Endpoint=STAGING)
    assert awaited_endpoint(waiting) == STAGING
    left = [*waiting, *visits("Check Endpoint", Create_Endpoint_Config=ENDPOINT)]
    assert awaited_endpoint(left) == ENDPOINT


@pytest.mark.parametrize("name", ["Package Model", "Smoke Test", "Roll Back"])
def test_other_states_await_none(name: str) -> None:
    assert awaited_endpoint(visits(name)) is None
    assert awaited_endpoint([]) is None


def test_last_line_of_the_newest_container_of_this_execution(session: Session) -> None:
    logs, group = session.client("logs"), f"/aws/sagemaker/Endpoints/{ENDPOINT}"
    logs.create_log_group(logGroupName=group)
    for stream, lines in (("AllTraffic/i-1", ["loading", "model loaded", "  "]),):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        now = int(datetime.now(UTC).timestamp() * 1000)
        logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": now, "message": line} for line in lines],
        )
    found = EndpointWatch(session).poll(visits("Wait for Endpoint"))
    assert found is not None
    assert (found.endpoint, found.log_line) == (ENDPOINT, "model loaded")
    assert found.status == ""  # the endpoint does not exist yet

    later = [
        StateVisit(each.name, each.entered + timedelta(days=1), each.left, each.output)
        for each in visits("Wait for Endpoint")
    ]
    found = EndpointWatch(session).poll(later)
    assert found is not None
    assert found.log_line == "", "the container is an older one"


def test_newest_container_is_found_behind_older_ones_that_keep_writing(session: Session) -> None:
    logs, group = session.client("logs"), f"/aws/sagemaker/Endpoints/{ENDPOINT}"
    logs.create_log_group(logGroupName=group)
    now = int(datetime.now(UTC).timestamp() * 1000)
    older = [f"AllTraffic/i-{number}" for number in range(LOG_STREAMS.value + 5)]
    times = dict.fromkeys(older, now) | {"AllTraffic/i-new": now - 1000}
    for stream, time in times.items():
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": time, "message": stream}],
        )
    found = EndpointWatch(session).poll(visits("Wait for Endpoint"))
    assert found is not None
    assert found.log_line == "AllTraffic/i-new"


def test_log_of_the_queue_is_no_container(session: Session) -> None:
    logs, group = session.client("logs"), f"/aws/sagemaker/Endpoints/{ENDPOINT}"
    logs.create_log_group(logGroupName=group)
    now = int(datetime.now(UTC).timestamp() * 1000)
    for stream in ("AllTraffic/i-1", "AllTraffic/i-1/data-log"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": now, "message": stream}],
        )
    found = EndpointWatch(session).poll(visits("Wait for Endpoint"))
    assert found is not None
    assert found.log_line == "AllTraffic/i-1"


def test_missing_log_is_no_error(session: Session) -> None:
    found = EndpointWatch(session).poll(visits("Wait for Endpoint"))
    assert found is not None
    assert (found.status, found.log_line) == ("", "")
    assert EndpointWatch(session).poll(visits("Smoke Test")) is None
