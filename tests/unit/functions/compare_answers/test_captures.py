from __future__ import annotations

from typing import Any

import pytest

from compare_answers import captures
from compare_answers.captures import exchange_of, read_captures
from tests.unit.functions.compare_answers.captured_records import (
    base64_payload,
    payload,
    record,
    response,
)
from tests.unit.functions.samples import ARTIFACTS
from workflow.aws.clients import s3

PREFIX = "_shadow/v/e/primary/"


def put(key: str, *lines: bytes) -> None:
    s3().put_object(
        Bucket=ARTIFACTS, Key=PREFIX + key, Body=b"".join(each + b"\n" for each in lines)
    )


def responses() -> list[bytes]:
    return [each.response for each in read_captures(ARTIFACTS, PREFIX)]


def test_all_hours_are_read_in_order(buckets: None) -> None:
    put("2026/08/01/16/a.jsonl", record("3", "three"))
    put("2026/08/01/15/b.jsonl", record("1", "one"), record("2", "two"))
    s3().put_object(Bucket=ARTIFACTS, Key="_shadow/v/e/primary2/x.jsonl", Body=record("4", "four"))
    assert responses() == [b"one", b"two", b"three"]


def test_no_objects_are_no_exchanges(buckets: None) -> None:
    assert responses() == []


def test_equal_requests_have_equal_digests_in_both_encodings() -> None:
    text, binary = record("same", "a"), record("", "b")
    as_bytes = base64_payload("INPUT", b"same", "application/json")
    binary = record("", "b", endpointInput=as_bytes)
    other = record("", "c", endpointInput=base64_payload("INPUT", b"same", "text/csv"))
    first, second, third = (exchange_of(each) for each in (text, binary, other))
    assert first
    assert second
    assert third
    assert first.request == second.request != third.request


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b'{"captureData": {}}',
        record("a", "b")[:-20],
        record("a", "b", endpointOutput={}),
        record("a", "b", endpointInput=payload("INPUT", "a") | {"data": 1}),
        record("a", "b", endpointInput=base64_payload("INPUT", b"a", "x") | {"data": "Y*Q=="}),
        b"[" * 100_000,
    ],
)
def test_damaged_record_is_left_out(line: bytes) -> None:
    assert exchange_of(line) is None


@pytest.mark.parametrize(("name", "limit"), [("MAX_BYTES", 1000), ("MAX_OBJECT_BYTES", 1000)])
def test_only_so_many_bytes_are_read(
    buckets: None, monkeypatch: pytest.MonkeyPatch, name: str, limit: int
) -> None:
    monkeypatch.setattr(captures, name, limit)
    lines: list[Any] = [record(str(number), response(1)) for number in range(20)]
    put("2026/08/01/15/a.jsonl", *lines)
    put("2026/08/01/16/a.jsonl", *lines)
    found = read_captures(ARTIFACTS, PREFIX)
    of_first = 1000 // (len(lines[0]) + 1)
    assert len(list(found)) == of_first * (1 if name == "MAX_BYTES" else 2)
    assert not found.complete
    put("2026/08/01/15/a.jsonl", lines[0])
    s3().delete_object(Bucket=ARTIFACTS, Key=f"{PREFIX}2026/08/01/16/a.jsonl")
    found = read_captures(ARTIFACTS, PREFIX)
    assert len(list(found)) == 1
    assert found.complete
