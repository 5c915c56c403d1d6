"""The data log of a transform job."""

from __future__ import annotations

import re
from pathlib import Path

from modeldrop.local.sagemaker.transform.data_log import (
    DataLog,
    ObjectFailed,
    bad_response,
    no_response,
)
from modeldrop.local.sagemaker.transform.inputs import InputObject
from modeldrop.local.sagemaker.transform.job import settings_of
from modeldrop.local.sagemaker.triton.container_log import ContainerLog, LogStream
from tests.unit.modeldrop.local.sagemaker.transform.test_job import REQUEST

EACH = InputObject("bucket", "in/a.json", "a.json")


def lines_of(folder: Path, failed: ObjectFailed) -> list[str]:
    path = folder / "log"
    log = DataLog(ContainerLog(path), settings_of(REQUEST))
    log.failure(EACH, failed)
    log.close()
    lines = path.read_text().splitlines()
    start = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}:\[sagemaker logs\]: ")
    assert all(start.match(line) for line in lines)
    return [start.sub("", line) for line in lines]


def test_client_error(tmp_path: Path) -> None:
    assert lines_of(tmp_path, bad_response(400, "first\nsecond")) == [
        "MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD",
        "bucket/in/a.json: ClientError: 400",
        "bucket/in/a.json: ",
        "bucket/in/a.json: Message:",
        "bucket/in/a.json: first",
        "bucket/in/a.json: second",
    ]


def test_server_error(tmp_path: Path) -> None:
    failed = bad_response(500, "x" * 5000)
    assert failed.kind == "AlgorithmError"
    lines = lines_of(tmp_path, failed)
    assert lines[1] == "bucket/in/a.json: Bad HTTP status received from algorithm: 500"
    assert len(lines[-1]) < 4200


def test_no_response(tmp_path: Path) -> None:
    assert lines_of(tmp_path, no_response())[1:] == [
        "bucket/in/a.json: Unable to get response from algorithm"
    ]


def test_stream_is_below_that_of_the_container(tmp_path: Path) -> None:
    stream = LogStream("role", "/aws/sagemaker/TransformJobs", "job/i-1-2")
    log = ContainerLog(tmp_path / "transform-i-1.log", None, stream).data_log()
    assert log.path.name == "transform-i-1.data.log"
    assert log._stream is not None
    assert log._stream.name == "job/i-1-2/data-log"
