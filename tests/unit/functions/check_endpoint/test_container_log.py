from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from check_endpoint import container_log
from check_endpoint.container_log import tail
from model_packager.aws_limits import LOG_STREAMS
from model_packager.sagemaker.cloudwatch import log_group
from workflow.aws.clients import logs

ENDPOINT = "modeldrop-resnet"


def dropped(age: timedelta) -> str:
    """Return the name of a version whose drop has this age."""
    return f"{datetime.now(UTC) - age:%Y%m%dT%H%M%SZ}-3f9a1c2b"


@pytest.fixture
def group(aws: None) -> str:
    name = log_group(ENDPOINT)
    logs().create_log_group(logGroupName=name)
    return name


def milliseconds() -> int:
    return time.time_ns() // 1_000_000


def wait_for_the_next_millisecond() -> None:
    before = milliseconds()
    while milliseconds() == before:
        pass


def begin(group: str, stream: str, *lines: str) -> None:
    """Create a container's log stream, later than the existing ones."""
    wait_for_the_next_millisecond()
    logs().create_log_stream(logGroupName=group, logStreamName=stream)
    write(group, stream, *lines)


def write(group: str, stream: str, *lines: str) -> None:
    if lines:
        logs().put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": milliseconds(), "message": line} for line in lines],
        )


def test_log_group_name() -> None:
    assert log_group(ENDPOINT) == "/aws/sagemaker/Endpoints/modeldrop-resnet"


def test_missing_log_group_has_no_stream(aws: None) -> None:
    assert tail(ENDPOINT, None) is None


def test_empty_log_group_has_no_stream(group: str) -> None:
    assert tail(ENDPOINT, None) is None


def test_empty_stream_has_no_lines(group: str) -> None:
    begin(group, "primary/a")
    assert tail(ENDPOINT, None) == []


@pytest.mark.parametrize("names", [("primary/a", "primary/b"), ("primary/b", "primary/a")])
def test_newest_container_is_read_while_an_older_one_writes(
    group: str, names: tuple[str, str]
) -> None:
    older, newer = names
    begin(group, older, "serves")
    begin(group, newer, "ERROR: first", "ERROR: last")
    write(group, older, "keeps serving")
    assert tail(ENDPOINT, None) == ["ERROR: first", "ERROR: last"]


@pytest.mark.parametrize(("limit", "lines"), [(1000, ["ERROR: why"]), (50, ["serves"])])
def test_newest_container_is_read_behind_a_page_of_older_ones(
    group: str, limit: int, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    older = [f"primary/{number}" for number in range(LOG_STREAMS.value)]
    for stream in older:
        logs().create_log_stream(logGroupName=group, logStreamName=stream)
    begin(group, "primary/newest", "ERROR: why")
    wait_for_the_next_millisecond()
    for stream in older:
        write(group, stream, "serves")
    monkeypatch.setattr(container_log, "MAX_STREAMS", limit)
    assert tail(ENDPOINT, None) == lines


def test_log_of_the_queue_is_no_container(group: str) -> None:
    """SageMaker writes this log for single requests of an asynchronous endpoint."""
    begin(group, "primary/a", "ERROR: why")
    begin(group, "primary/a/data-log", "a request")
    assert tail(ENDPOINT, None) == ["ERROR: why"]


def test_container_without_output_is_skipped(group: str) -> None:
    begin(group, "primary/a", "ERROR: why")
    begin(group, "primary/b")
    assert tail(ENDPOINT, None) == ["ERROR: why"]


@pytest.mark.parametrize(
    ("age", "lines"),
    [(timedelta(minutes=1), ["ERROR: why"]), (timedelta(minutes=-1), None)],
    ids=["after the drop", "before the drop"],
)
def test_containers_of_the_previous_version_are_ignored(
    group: str, age: timedelta, lines: list[str] | None
) -> None:
    begin(group, "primary/a", "ERROR: why")
    assert tail(ENDPOINT, dropped(age)) == lines


def test_only_the_last_lines_are_read(group: str) -> None:
    begin(group, "primary/a", *(f"line {number}" for number in range(1200)))
    lines = tail(ENDPOINT, None)
    assert lines is not None
    assert len(lines) == 1000
    assert lines[-1] == "line 1199"
