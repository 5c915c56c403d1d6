"""Summarizes every model from the artifact bucket."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from model_packager.names.report import REPORT_FOLDER, summary_key
from workflow.aws.clients import s3
from workflow.report.stored_summaries import StoredSummaries
from workflow.report.summary import ReportSummary, summary_of_record
from workflow.versions.deployment_record import read_live, read_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3.type_defs import ObjectTypeDef

    from model_packager.stored import Live

NEWEST = 20
"""The number of reports that are read per model."""

READERS = 12
"""The number of threads, fewer than the client's connections."""


@dataclass(frozen=True)
class StoredReport:
    """A report: the key of its page, and its summary."""

    key: str
    summary: ReportSummary


@dataclass(frozen=True)
class ModelSummary:
    """One model.

    Attributes:
        name: the model's name.
        live: the live version according to live.json; None if there is none.
        live_summary: the summary of the live version; None if unknown.
        page: the key of the live version's page; None if it no longer exists.
        reports: the newest reports, oldest first.
    """

    name: str
    live: Live | None
    live_summary: ReportSummary | None
    page: str | None
    reports: tuple[StoredReport, ...]


def read_model_summaries(bucket: str) -> list[ModelSummary]:
    """Read the summaries of all models, sorted by name, and store copies for the next call."""
    pages: dict[str, list[ObjectTypeDef]] = {}
    etags: dict[str, str] = {}
    for each in _report_objects(bucket):
        if each["Key"].endswith(".html"):
            folder = each["Key"].removeprefix(REPORT_FOLDER).rpartition("/")[0]
            pages.setdefault(folder, []).append(each)
        else:
            etags[each["Key"]] = each["ETag"]
    stored = StoredSummaries(bucket, etags)
    with_files = _models(bucket)
    models = sorted(with_files | pages.keys(), key=str.casefold)

    def summary(model: str) -> ModelSummary:
        live = read_live(bucket, model) if model in with_files else None
        return _model_summary(bucket, model, live, pages.get(model, []), stored)

    with ThreadPoolExecutor(READERS) as pool:
        summaries = list(pool.map(summary, models))
    stored.save()
    return summaries


def _models(bucket: str) -> set[str]:
    listed = s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Delimiter="/")
    folders = [each["Prefix"] for page in listed for each in page.get("CommonPrefixes", [])]
    return {folder.rstrip("/") for folder in folders if not folder.startswith("_")}


def _report_objects(bucket: str) -> Iterator[ObjectTypeDef]:
    listed = s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=REPORT_FOLDER)
    return (each for page in listed for each in page.get("Contents", []))


def _model_summary(
    bucket: str,
    model: str,
    live: Live | None,
    pages: list[ObjectTypeDef],
    stored: StoredSummaries,
) -> ModelSummary:
    newest = sorted(pages, key=lambda each: (each["LastModified"], each["Key"]))[-NEWEST:]
    summaries = [(each["Key"], stored.read(summary_key(each["Key"]))) for each in newest]
    reports = [StoredReport(key, summary) for key, summary in summaries if summary is not None]
    reports.sort(key=lambda each: each.summary.at)
    of_live = [each for each in reports if live and each.summary.version == live.version]
    passed = [each for each in of_live if each.summary.status == "SUCCEEDED"]
    if passed or live is None:
        live_summary, page = (passed[-1].summary, passed[-1].key) if passed else (None, None)
    else:
        live_summary, page = _recorded(bucket, live), None
    return ModelSummary(model, live, live_summary, page, tuple(reports))


def _recorded(bucket: str, live: Live) -> ReportSummary | None:
    try:
        record = read_record(bucket, live.model, live.version)
    except ValidationError:  # written by another Modeldrop version
        return None
    return summary_of_record(record) if record else None
