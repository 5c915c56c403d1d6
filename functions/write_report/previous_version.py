"""The version to compare the deployment with: the previous live version or the live version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from model_packager.names.report import report_key, summary_key
from workflow.report.summary import read_summary, summary_of_record
from workflow.versions.deployment_record import read_record

if TYPE_CHECKING:
    from model_packager.stored import Live
    from workflow.report.summary import ReportSummary


@dataclass(frozen=True)
class VersionBefore:
    """A version's summary, and the name of its page in the same folder; None if it has no page."""

    summary: ReportSummary
    page: str | None


def version_before(
    bucket: str, model: str | None, version: str | None, superseded: str | None, live: Live | None
) -> VersionBefore | None:
    """Find the version to compare with; None if there is none, or its data was deleted.

    Args:
        bucket: the bucket of the reports.
        model: None if the drop's key names no model.
        version: the deployed version; None if the execution did not get that far.
        superseded: the version that it replaced, after success.
        live: the live version.
    """
    before = superseded or (live.version if live else None)
    if model is None or before is None or before == version:
        return None
    key = report_key(model, before, "", restored=False)
    summary = read_summary(bucket, summary_key(key))
    if summary is not None:
        return VersionBefore(summary, key.rpartition("/")[2])
    try:
        record = read_record(bucket, model, before)
    except ValidationError:  # written by another release of Modeldrop
        return None
    return VersionBefore(summary_of_record(record), None) if record else None
