"""The lines of a log group, and their readable form."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from modeldrop.executions.log_lines import LogGroup, LogLine, in_order, readable

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_logs import CloudWatchLogsClient

GROUP = "/aws/sagemaker/Endpoints/modeldrop-resnet"


@pytest.fixture
def logs(session: Session) -> CloudWatchLogsClient:
    client = session.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName="primary/i-1")
    return client


def write(logs: CloudWatchLogsClient, *lines: tuple[timedelta, str]) -> None:
    now = datetime.now(UTC)
    logs.put_log_events(
        logGroupName=GROUP,
        logStreamName="primary/i-1",
        logEvents=[
            {"timestamp": int((now - ago).timestamp() * 1000), "message": text}
            for ago, text in lines
        ],
    )


def since(**ago: float) -> datetime:
    return datetime.now(UTC) - timedelta(**ago)


def test_lines_since_a_moment(logs: CloudWatchLogsClient) -> None:
    write(logs, (timedelta(hours=2), "old"), (timedelta(minutes=1), "new\n"))
    assert [each.text for each in LogGroup(logs, GROUP).lines(since(hours=1))] == ["new"]
    [_, line] = LogGroup(logs, GROUP).lines(since(hours=3))
    assert (line.text, line.stream) == ("new", "primary/i-1")


def test_a_group_that_is_not_there_has_no_lines(logs: CloudWatchLogsClient) -> None:
    # Only the start of a log group's name.
    group = LogGroup(logs, "/aws/sagemaker/Endpoints/modeldrop")
    assert group.lines(since(hours=1)) == []
    assert not group.exists()
    assert LogGroup(logs, GROUP).exists()


def test_following_gives_each_line_once(logs: CloudWatchLogsClient) -> None:
    write(logs, (timedelta(seconds=5), "one"), (timedelta(seconds=4), "two"))
    followed = LogGroup(logs, GROUP).follow(since(minutes=1), poll_seconds=0)
    assert [each.text for each in itertools.islice(followed, 2)] == ["one", "two"]
    write(logs, (timedelta(seconds=1), "three"))
    assert next(followed).text == "three"
    write(logs, (timedelta(seconds=3), "late"))
    assert next(followed).text == "late"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("I1125 model.cc:1] loaded", "I1125 model.cc:1] loaded"),
        (
            '{"level": "ERROR", "function_name": "f", "message": "no", "model": "resnet"}',
            "ERROR  f  no",
        ),
        ('{"message": {"a": 1}, "exception": "trace"}', '{"a": 1}  trace'),
        ('{"type": "platform.start"}', '{"type": "platform.start"}'),
        ("[1]", "[1]"),
    ],
)
def test_a_functions_line_is_shown_as_people_read_it(text: str, shown: str) -> None:
    assert readable(text) == shown


def test_lines_of_several_sources_are_put_in_order() -> None:
    early, late = since(hours=2), since(hours=1)
    lines = in_order([LogLine(late, "b"), LogLine(early, "a")], [LogLine(early, "c")])
    assert [each.text for each in lines] == ["a", "c", "b"]
