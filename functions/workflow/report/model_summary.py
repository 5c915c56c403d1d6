"""How every model stands, from what the artifact bucket says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from model_packager.names import REPORT_FOLDER, summary_key
from workflow.aws.clients import s3
from workflow.report.summary import ReportSummary, read_summary, summary_of_record
from workflow.versions.deployment_record import read_live, read_record

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectTypeDef

    from model_packager.stored import Live

NEWEST = 20
"""So many reports of a model are looked at; the older ones stay where they are."""

READERS = 12
"""Fewer than the connections of the client."""


@dataclass(frozen=True)
class StoredReport:
    """A report: the key of its page, and what it comes down to."""

    key: str
    summary: ReportSummary


@dataclass(frozen=True)
class ModelStanding:
    """One model.

    Attributes:
        live: what serves, as live.json says; None where nothing does.
        serving: what is known of that version.
        page: the key of the page of that version; None where there is none any more.
        reports: the newest, in the order in which they were written.
    """

    model: str
    live: Live | None
    serving: ReportSummary | None
    page: str | None
    reports: tuple[StoredReport, ...]


def read_standings(bucket: str) -> list[ModelStanding]:
    """Read how all models stand, by name."""
    pages: dict[str, list[ObjectTypeDef]] = {}
    for found in _objects(bucket):
        folder = found["Key"].removeprefix(REPORT_FOLDER).rpartition("/")[0]
        pages.setdefault(folder, []).append(found)
    with_files = _models(bucket)
    models = sorted(with_files | pages.keys(), key=str.casefold)

    def standing(model: str) -> ModelStanding:
        live = read_live(bucket, model) if model in with_files else None
        return _standing(bucket, model, live, pages.get(model, []))

    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(standing, models))


def _models(bucket: str) -> set[str]:
    listed = s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Delimiter="/")
    folders = [each["Prefix"] for page in listed for each in page.get("CommonPrefixes", [])]
    return {folder.rstrip("/") for folder in folders if not folder.startswith("_")}


def _objects(bucket: str) -> list[ObjectTypeDef]:
    listed = s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=REPORT_FOLDER)
    found = [each for page in listed for each in page.get("Contents", [])]
    return [each for each in found if each["Key"].endswith(".html")]


def _standing(
    bucket: str, model: str, live: Live | None, pages: list[ObjectTypeDef]
) -> ModelStanding:
    newest = sorted(pages, key=lambda each: (each["LastModified"], each["Key"]))[-NEWEST:]
    read = [(each["Key"], read_summary(bucket, summary_key(each["Key"]))) for each in newest]
    reports = [StoredReport(key, summary) for key, summary in read if summary is not None]
    reports.sort(key=lambda each: each.summary.at)
    known = [each for each in reports if live and each.summary.version == live.version]
    passed = [each for each in known if each.summary.status == "SUCCEEDED"]
    if passed or live is None:
        serving, page = (passed[-1].summary, passed[-1].key) if passed else (None, None)
    else:
        serving, page = _recorded(bucket, live), None
    return ModelStanding(model, live, serving, page, tuple(reports))


def _recorded(bucket: str, live: Live) -> ReportSummary | None:
    try:
        record = read_record(bucket, live.model, live.version)
    except ValidationError:  # of another Modeldrop
        return None
    return summary_of_record(record) if record else None
