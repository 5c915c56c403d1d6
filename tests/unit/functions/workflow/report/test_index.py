"""The index matches the bucket's content, even with concurrent writers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from model_packager.names.artifact import live_key
from model_packager.names.report import REPORT_INDEX, REPORT_SUMMARIES, report_key, summary_key
from model_packager.status import Status
from tests.report_samples import summary
from tests.smoke_results import RANDOM
from tests.unit.functions.deployment_records import record
from tests.unit.functions.samples import ARTIFACTS, OLDER, VERSION
from workflow.aws.clients import s3
from workflow.report.index import write_index
from workflow.report.model_summary import NEWEST, read_model_summaries
from workflow.report.summary import read_summary, write_report
from workflow.versions.deployment_record import forget_live, write_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def keep(model: str, version: str, **changed: Any) -> str:
    """Write a report with a short page."""
    key = report_key(model, version, "", restored=False)
    write_report(ARTIFACTS, key, "page", summary(version, model=model, **changed))
    return key


def page() -> str:
    return s3().get_object(Bucket=ARTIFACTS, Key=REPORT_INDEX)["Body"].read().decode()


@pytest.fixture
def meanwhile(buckets: None) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Run a callback just before the next conditional put of the index."""
    waiting: list[Callable[[], None]] = []

    def strike(params: dict[str, Any], **_: object) -> None:
        if params["url_path"].endswith(REPORT_INDEX) and waiting:
            waiting.pop(0)()

    s3().meta.events.register("before-call.s3.PutObject", strike)
    yield waiting.append
    s3().meta.events.unregister("before-call.s3.PutObject", strike)


def test_report_and_summary_are_stored_together(buckets: None) -> None:
    key = keep("cat", VERSION)
    found = s3().get_object(Bucket=ARTIFACTS, Key=key)
    assert (found["ContentType"], found["Body"].read()) == ("text/html; charset=utf-8", b"page")
    assert read_summary(ARTIFACTS, summary_key(key)) == summary(VERSION, model="cat")


def test_summary_of_another_modeldrop_is_ignored(buckets: None) -> None:
    s3().put_object(Bucket=ARTIFACTS, Key="_reports/cat/x.json", Body=b'{"other": 1}')
    s3().put_object(Bucket=ARTIFACTS, Key="_reports/cat/x.html", Body=b"page")
    assert read_summary(ARTIFACTS, "_reports/cat/x.json") is None
    assert read_summary(ARTIFACTS, "_reports/cat/none.json") is None
    assert read_model_summaries(ARTIFACTS)[0].reports == ()


def test_model_summaries_match_the_bucket(buckets: None) -> None:
    keep("resnet", OLDER)
    key = keep("resnet", VERSION)
    keep("Zebra", OLDER, status=Status.FAILED)
    write_record(ARTIFACTS, record(VERSION))
    s3().put_object(Bucket=ARTIFACTS, Key="_capture/x/y.jsonl", Body=b"")
    resnet, zebra = read_model_summaries(ARTIFACTS)
    assert (resnet.name, zebra.name) == ("resnet", "Zebra")
    assert resnet.live is not None
    assert (resnet.live.version, resnet.page) == (VERSION, key)
    assert resnet.live_summary == resnet.reports[-1].summary
    assert (zebra.live, zebra.live_summary) == (None, None)


def test_version_without_a_report_is_summarized_from_its_record(buckets: None) -> None:
    write_record(ARTIFACTS, record(VERSION))
    (resnet,) = read_model_summaries(ARTIFACTS)
    assert resnet.page is None
    assert resnet.live_summary is not None
    assert resnet.live_summary.latency == RANDOM.latency
    assert resnet.live_summary.instance_count == 2


def test_record_of_another_modeldrop_hides_no_model(buckets: None) -> None:
    write_record(ARTIFACTS, record(VERSION))
    key = f"resnet/{VERSION}/deployment.json"
    s3().put_object(Bucket=ARTIFACTS, Key=key, Body=b'{"other": 1}')
    (resnet,) = read_model_summaries(ARTIFACTS)
    assert resnet.live is not None
    assert resnet.live_summary is None


def test_only_the_newest_reports_are_read(buckets: None) -> None:
    for number in range(NEWEST + 2):
        keep("cat", f"20260801T15{number:02}24Z-3f9a1c2b")
    (cat,) = read_model_summaries(ARTIFACTS)
    assert len(cat.reports) == NEWEST


@pytest.fixture
def keys_read(buckets: None) -> Iterator[list[str]]:
    """The keys of the objects that are read from now on."""
    keys: list[str] = []

    def note(params: dict[str, Any], **_: object) -> None:
        keys.append(params["Key"])

    s3().meta.events.register("provide-client-params.s3.GetObject", note)
    yield keys
    s3().meta.events.unregister("provide-client-params.s3.GetObject", note)


def test_only_new_and_changed_summaries_are_read(keys_read: list[str]) -> None:
    """A drop does not read the summaries of hundreds of earlier drops."""
    for number in range(3):
        keep("cat", f"20260801T15{number:02}24Z-3f9a1c2b")
    write_index(ARTIFACTS)
    keys_read.clear()
    changed = keep("cat", "20260801T150224Z-3f9a1c2b", cause="another one")
    added = keep("dog", VERSION)
    write_index(ARTIFACTS)
    assert sorted(keys_read) == sorted([REPORT_SUMMARIES, summary_key(changed), summary_key(added)])
    cat, _ = read_model_summaries(ARTIFACTS)
    assert [each.summary.cause for each in cat.reports] == [None, None, "another one"]


def test_copy_of_an_expired_report_is_not_used(buckets: None) -> None:
    key = keep("cat", VERSION)
    write_index(ARTIFACTS)
    for each in (key, summary_key(key)):
        s3().delete_object(Bucket=ARTIFACTS, Key=each)
    write_index(ARTIFACTS)
    assert "No models yet." in page()
    stored = s3().get_object(Bucket=ARTIFACTS, Key=REPORT_SUMMARIES)["Body"].read()
    assert json.loads(stored) == {"by_key": {}}


def test_copies_of_another_modeldrop_are_replaced(buckets: None) -> None:
    keep("cat", VERSION)
    s3().put_object(Bucket=ARTIFACTS, Key=REPORT_SUMMARIES, Body=b'{"other": 1}')
    write_index(ARTIFACTS)
    assert ">cat<" in page()


def test_index_is_written_and_rewritten(buckets: None) -> None:
    assert write_index(ARTIFACTS) == f"s3://{ARTIFACTS}/{REPORT_INDEX}"
    assert "No models yet." in page()
    write_record(ARTIFACTS, record(VERSION))
    write_index(ARTIFACTS)
    assert VERSION in page()
    forget_live(ARTIFACTS, "resnet")
    s3().delete_object(Bucket=ARTIFACTS, Key=live_key("resnet"))
    write_index(ARTIFACTS)
    assert "No models yet." in page()


@pytest.mark.parametrize("there_before", [True, False])
def test_one_conflict_is_retried(
    meanwhile: Callable[[Callable[[], None]], None], there_before: bool
) -> None:
    """Another execution writes the index between the read and the write."""
    if there_before:
        write_index(ARTIFACTS)

    def other() -> None:
        keep("dog", OLDER)
        write_index(ARTIFACTS)

    keep("cat", VERSION)
    meanwhile(other)
    write_index(ARTIFACTS)
    assert ">cat<" in page()
    assert ">dog<" in page()


def test_second_conflict_keeps_the_newer_index(
    meanwhile: Callable[[Callable[[], None]], None],
) -> None:
    write_index(ARTIFACTS)
    keep("cat", VERSION)
    writers: list[str] = []

    def other(name: str) -> Callable[[], None]:
        def act() -> None:
            writers.append(name)
            keep(name, OLDER)
            write_index(ARTIFACTS)

        return act

    meanwhile(other("dog"))
    meanwhile(lambda: None)  # the put by dog's execution
    meanwhile(other("emu"))
    write_index(ARTIFACTS)
    assert writers == ["dog", "emu"]
    assert all(f">{name}<" in page() for name in ("cat", "dog", "emu"))


def test_other_errors_are_not_hidden(buckets: None) -> None:
    s3().delete_bucket(Bucket=ARTIFACTS)
    with pytest.raises(s3().exceptions.NoSuchBucket):
        write_index(ARTIFACTS)
