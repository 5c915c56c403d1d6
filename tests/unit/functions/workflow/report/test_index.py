"""The index in the bucket: it says what the bucket says, whoever else writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from model_packager.names import REPORT_INDEX, live_key, report_key, summary_key
from tests.report_samples import summary
from tests.unit.functions.deployment_records import record
from tests.unit.functions.given import ARTIFACTS, OLDER, VERSION
from workflow.aws.clients import s3
from workflow.contracts.deploy_model import Status
from workflow.report.index import write_index
from workflow.report.model_summary import NEWEST, read_standings
from workflow.report.summary import read_summary, write_report
from workflow.versions.deployment_record import forget_live, write_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def keep(model: str, version: str, **changed: Any) -> str:
    """Write a report with a page of one word."""
    key = report_key(model, version, "", restored=False)
    write_report(ARTIFACTS, key, "page", summary(version, model=model, **changed))
    return key


def page() -> str:
    return s3().get_object(Bucket=ARTIFACTS, Key=REPORT_INDEX)["Body"].read().decode()


@pytest.fixture
def meanwhile(buckets: None) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Do something when the next conditional put of the index is about to be sent."""
    waiting: list[Callable[[], None]] = []

    def strike(params: dict[str, Any], **_: object) -> None:
        if params["url_path"].endswith(REPORT_INDEX) and waiting:
            waiting.pop(0)()

    s3().meta.events.register("before-call.s3.PutObject", strike)
    yield waiting.append
    s3().meta.events.unregister("before-call.s3.PutObject", strike)


def test_report_and_summary_lie_side_by_side(buckets: None) -> None:
    key = keep("cat", VERSION)
    found = s3().get_object(Bucket=ARTIFACTS, Key=key)
    assert (found["ContentType"], found["Body"].read()) == ("text/html; charset=utf-8", b"page")
    assert read_summary(ARTIFACTS, summary_key(key)) == summary(VERSION, model="cat")


def test_summary_of_another_modeldrop_is_passed_over(buckets: None) -> None:
    s3().put_object(Bucket=ARTIFACTS, Key="_reports/cat/x.json", Body=b'{"other": 1}')
    s3().put_object(Bucket=ARTIFACTS, Key="_reports/cat/x.html", Body=b"page")
    assert read_summary(ARTIFACTS, "_reports/cat/x.json") is None
    assert read_summary(ARTIFACTS, "_reports/cat/none.json") is None
    assert read_standings(ARTIFACTS)[0].reports == ()


def test_standings_are_what_the_bucket_says(buckets: None) -> None:
    keep("resnet", OLDER)
    key = keep("resnet", VERSION)
    keep("Zebra", OLDER, status=Status.FAILED)
    write_record(ARTIFACTS, record(VERSION))
    s3().put_object(Bucket=ARTIFACTS, Key="_capture/x/y.jsonl", Body=b"")
    resnet, zebra = read_standings(ARTIFACTS)
    assert (resnet.model, zebra.model) == ("resnet", "Zebra")
    assert resnet.live is not None
    assert (resnet.live.version, resnet.page) == (VERSION, key)
    assert resnet.serving == resnet.reports[-1].summary
    assert (zebra.live, zebra.serving) == (None, None)


def test_version_that_lost_its_report_is_known_by_its_record(buckets: None) -> None:
    write_record(ARTIFACTS, record(VERSION))
    (resnet,) = read_standings(ARTIFACTS)
    assert resnet.page is None
    assert resnet.serving is not None
    assert (resnet.serving.p50_ms, resnet.serving.instance_count) == (23.4, 2)


def test_record_of_another_modeldrop_hides_no_model(buckets: None) -> None:
    write_record(ARTIFACTS, record(VERSION))
    key = f"resnet/{VERSION}/deployment.json"
    s3().put_object(Bucket=ARTIFACTS, Key=key, Body=b'{"other": 1}')
    (resnet,) = read_standings(ARTIFACTS)
    assert resnet.live is not None
    assert resnet.serving is None


def test_only_the_newest_reports_are_read(buckets: None) -> None:
    for number in range(NEWEST + 2):
        keep("cat", f"20260801T15{number:02}24Z-3f9a1c2b")
    (cat,) = read_standings(ARTIFACTS)
    assert len(cat.reports) == NEWEST


def test_index_is_written_and_written_anew(buckets: None) -> None:
    assert write_index(ARTIFACTS) == f"s3://{ARTIFACTS}/{REPORT_INDEX}"
    assert "No model is live." in page()
    write_record(ARTIFACTS, record(VERSION))
    write_index(ARTIFACTS)
    assert VERSION in page()
    forget_live(ARTIFACTS, "resnet")
    s3().delete_object(Bucket=ARTIFACTS, Key=live_key("resnet"))
    write_index(ARTIFACTS)
    assert "No model is live." in page()


@pytest.mark.parametrize("there_before", [True, False])
def test_overtaken_once_it_reads_again(
    meanwhile: Callable[[Callable[[], None]], None], there_before: bool
) -> None:
    """Another execution reports while this one is about to put what it had read before."""
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


def test_overtaken_twice_it_leaves_what_is_newer(
    meanwhile: Callable[[Callable[[], None]], None],
) -> None:
    write_index(ARTIFACTS)
    keep("cat", VERSION)
    asked: list[str] = []

    def other(name: str) -> Callable[[], None]:
        def act() -> None:
            asked.append(name)
            keep(name, OLDER)
            write_index(ARTIFACTS)

        return act

    meanwhile(other("dog"))
    meanwhile(lambda: None)  # dog's own put
    meanwhile(other("emu"))
    write_index(ARTIFACTS)
    assert asked == ["dog", "emu"]
    assert all(f">{name}<" in page() for name in ("cat", "dog", "emu"))


def test_other_errors_are_not_hidden(buckets: None) -> None:
    s3().delete_bucket(Bucket=ARTIFACTS)
    with pytest.raises(s3().exceptions.NoSuchBucket):
        write_index(ARTIFACTS)
