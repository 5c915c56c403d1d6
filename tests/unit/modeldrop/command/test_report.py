"""`modeldrop report` finds and returns the right page."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from model_packager.names.report import REPORT_INDEX, report_key, summary_key
from modeldrop.command.app import app
from modeldrop.errors import UsageError
from tests.unit.modeldrop.command.cloudformation import described
from tests.unit.modeldrop.conftest import REGION
from tests.unit.modeldrop.recorded import BUCKET, MIDDLE, NEWEST, OLDEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boto3 import Session
    from mypy_boto3_s3 import S3Client
    from typer.testing import Result

STACK = {
    "EndpointPrefix": "modeldrop",
    "ArtifactBucketName": BUCKET,
    "ResultTopicArn": "unused",
    "DeployModelStateMachineArn": "unused",
    "RetireModelStateMachineArn": "unused",
}


@pytest.fixture
def bucket(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    """The artifact bucket of a stack without reports."""
    s3 = session.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    with described({"modeldrop": STACK}) as url:
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", url)
        yield s3


@pytest.fixture
def pages(bucket: S3Client) -> S3Client:
    """The bucket with the index, two versions of resnet, one of them restored, and a resnet50."""
    for key in (
        REPORT_INDEX,
        report_key("resnet", MIDDLE, "", restored=False),
        report_key("resnet", NEWEST, "", restored=False),
        report_key("resnet", MIDDLE, "again", restored=True),
        report_key("resnet50", OLDEST, "", restored=False),
        "_reports/resnet/summary.json",
        "_reports/../../outside.html",
    ):
        bucket.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    return bucket


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["report", *arguments])


def document(*arguments: str) -> dict[str, Any]:
    ended = run(*arguments, "--json")
    assert ended.exit_code == 0, ended.output
    content: dict[str, Any] = json.loads(ended.stdout)
    return content


def test_newest_report_has_a_url_valid_for_an_hour(pages: S3Client) -> None:
    found = document("resnet50")
    key = report_key("resnet50", OLDEST, "", restored=False)
    assert found["uri"] == f"s3://{BUCKET}/{key}"
    url = urlsplit(found["url"])
    assert url.path.endswith(key)
    assert parse_qs(url.query).keys() & {"X-Amz-Signature", "Signature"}
    assert found["file"] is None


def test_label_finds_the_report_of_its_version(pages: S3Client) -> None:
    for version, number in ((MIDDLE, 1), (NEWEST, 2)):
        key = report_key("resnet", version, "", restored=False)
        pages.put_object(Bucket=BUCKET, Key=summary_key(key), Body=json.dumps({"number": number}))
    assert MIDDLE in document("resnet", "--version", "v1")["uri"]
    assert NEWEST in document("resnet", "--version", "v2")["uri"]
    assert "No report of resnet, version v3" in str(run("resnet", "--version", "v3").exception)


def test_reports_of_a_version_are_separate(pages: S3Client) -> None:
    key = report_key("resnet", NEWEST, "", restored=False)
    assert document("resnet", "--version", NEWEST)["uri"] == f"s3://{BUCKET}/{key}"
    assert MIDDLE in document("resnet", "--version", MIDDLE)["uri"]


def test_without_a_name_it_is_the_page_of_all_models(pages: S3Client) -> None:
    assert document()["uri"] == f"s3://{BUCKET}/{REPORT_INDEX}"


def test_people_read_where_it_is(pages: S3Client) -> None:
    ended = run("resnet50")
    assert ended.stdout == ""
    assert f"s3://{BUCKET}/_reports/resnet50/{OLDEST}.html" in ended.stderr
    assert "https://" in ended.stderr


def test_page_is_saved(pages: S3Client, tmp_path: Path) -> None:
    file = tmp_path / "resnet.html"
    found = document("resnet", "--version", NEWEST, "-o", str(file))
    assert file.read_text() == report_key("resnet", NEWEST, "", restored=False)
    assert (found["file"], found["url"]) == (str(file), file.as_uri())


def test_all_pages_are_saved_inside_the_folder(pages: S3Client, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert document("-o", str(folder))["file"] == str(folder / REPORT_INDEX)
    saved = {str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*.html")}
    assert saved == {
        f"a/b/{REPORT_INDEX}",
        f"a/b/{report_key('resnet', MIDDLE, '', restored=False)}",
        f"a/b/{report_key('resnet', NEWEST, '', restored=False)}",
        f"a/b/{report_key('resnet', MIDDLE, 'again', restored=True)}",
        f"a/b/{report_key('resnet50', OLDEST, '', restored=False)}",
    }


def test_page_is_opened(pages: S3Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opener, opened = tmp_path / "xdg-open", tmp_path / "opened"
    opener.write_text(f'#!/bin/sh\nprintf "%s" "$1" > {opened}.part\nmv {opened}.part {opened}\n')
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    file = tmp_path / "resnet.html"
    assert run("resnet50", "-o", str(file), "--open").exit_code == 0
    deadline = time.monotonic() + 10
    while not opened.exists() and time.monotonic() < deadline:
        pass
    assert opened.read_text() == str(file)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing"], "No report of nothing"),
        (["resnet50", "--version", NEWEST], f"No report of resnet50, version {NEWEST}"),
        (["--version", NEWEST], f"modeldrop report NAME --version {NEWEST}"),
        (["resnet", "-o", "/nowhere/at/all.html"], "No such folder"),
    ],
)
def test_usage_errors(pages: S3Client, arguments: list[str], says: str) -> None:
    ended = run(*arguments)
    assert isinstance(ended.exception, UsageError)
    assert says in str(ended.exception)


def test_no_report_at_all_is_a_usage_error(bucket: S3Client) -> None:
    ended = run()
    assert isinstance(ended.exception, UsageError)
    assert "No reports yet." in str(ended.exception)
