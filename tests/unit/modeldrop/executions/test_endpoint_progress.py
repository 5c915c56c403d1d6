from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from model_packager.executions.history import StateVisit
from modeldrop.executions.endpoint_progress import EndpointWatch, awaited_endpoint

if TYPE_CHECKING:
    from boto3 import Session

ENDPOINT, STAGING = "modeldrop-resnet", "modeldrop-resnet-20260801t151224z-3f9a1c2b"
BEGAN = datetime.now(UTC)


def visits(*names: str, staging: str | None = None) -> list[StateVisit]:
    inspected = {"deployment": {"endpoint": ENDPOINT}, "staging_endpoint": staging}
    done = [StateVisit("Inspect Model", BEGAN, BEGAN, json.dumps(inspected))]
    return [*done, *(StateVisit(name, BEGAN, None) for name in names)]


def test_endpoint_is_that_of_the_model() -> None:
    assert awaited_endpoint(visits("Create Endpoint", "Wait for Endpoint")) == ENDPOINT


def test_staging_is_awaited_until_it_is_left() -> None:
    staged = visits("Wait for Endpoint", staging=STAGING)
    assert awaited_endpoint(staged) == STAGING
    left = visits("Wait for Endpoint", "Delete Staging Endpoint", "Check Endpoint", staging=STAGING)
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
    assert found.status == ""  # there is no such endpoint yet

    later = [
        StateVisit(each.name, each.entered + timedelta(days=1), each.left, each.output)
        for each in visits("Wait for Endpoint")
    ]
    found = EndpointWatch(session).poll(later)
    assert found is not None
    assert found.log_line == "", "the container is an older one"


def test_nothing_to_see_is_no_error(session: Session) -> None:
    found = EndpointWatch(session).poll(visits("Wait for Endpoint"))
    assert found is not None
    assert (found.status, found.log_line) == ("", "")
    assert EndpointWatch(session).poll(visits("Smoke Test")) is None
