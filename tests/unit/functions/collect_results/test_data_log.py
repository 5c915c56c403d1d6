from __future__ import annotations

import time

import pytest

from collect_results import data_log
from collect_results.data_log import causes, failed_requests
from model_packager.sagemaker.cloudwatch import TRANSFORM_LOG_GROUP
from tests.unit.functions.batch_runs import NAME
from workflow.aws.clients import logs

STREAM = f"{NAME}/i-0c2d8e1f-1a2b3c/data-log"


def line(text: str, key: str = "_batch/run/inputs/00000-00001") -> str:
    return f"2026-11-29T08:00:00.000:[sagemaker logs]: artifacts/{key}: {text}"


REFUSED = (
    line("Bad HTTP status received from algorithm: 500"),
    line(""),
    line("Message:"),
    line('{"error":"a value above 700"}'),
)


def write(stream: str, *lines: str) -> None:
    logs().create_log_stream(logGroupName=TRANSFORM_LOG_GROUP, logStreamName=stream)
    moment = time.time_ns() // 1_000_000
    logs().put_log_events(
        logGroupName=TRANSFORM_LOG_GROUP,
        logStreamName=stream,
        logEvents=[{"timestamp": moment, "message": each} for each in lines],
    )


@pytest.fixture
def _group(aws: None) -> None:
    logs().create_log_group(logGroupName=TRANSFORM_LOG_GROUP)


def test_cause_is_the_containers_message_or_else_the_first_line() -> None:
    first = "2026-11-29T08:00:00.000:[sagemaker logs]: MaxConcurrentTransforms=4, MaxPayloadInMB=6"
    lines = (
        first,
        *REFUSED,
        line("Unable to get response from algorithm", "00001-00000"),
        line("ClientError: 413", "00002-00000"),
        line("", "00002-00000").rstrip(),
        line("Message:", "00002-00000"),
        line("Too large", "00002-00000"),
    )
    assert causes(lines) == {
        "00000-00001": "a value above 700",
        "00001-00000": "Unable to get response from algorithm",
        "00002-00000": "Too large",
    }


def test_cause_is_one_short_line() -> None:
    response = (line("ClientError: 400"), line("Message:"), line("a"), line("b" * 5000))
    [cause] = causes(response).values()
    assert cause.startswith("a b")
    assert len(cause) == 200


@pytest.mark.usefixtures("_group")
def test_data_logs_of_all_instances_and_only_of_this_job_are_read() -> None:
    write(STREAM, *REFUSED)
    write(f"{NAME}/i-2-b/data-log", line("ClientError: 413", "00003-00000"))
    write(f"{NAME}/i-2-b", line("ClientError: 400", "of-the-container"))
    write(f"{NAME}0/i-1-a/data-log", line("ClientError: 400", "of-another-job"))
    assert failed_requests(NAME) == {
        "00000-00001": "a value above 700",
        "00003-00000": "ClientError: 413",
    }


@pytest.mark.usefixtures("_group")
def test_pages_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_log, "_MAX_PAGES", 0)
    write(STREAM, *REFUSED)
    assert failed_requests(NAME) == {}


@pytest.mark.usefixtures("aws")
def test_missing_log_explains_nothing() -> None:
    assert failed_requests(NAME) == {}
