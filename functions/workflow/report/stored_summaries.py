"""Copies of all report summaries, so that the index does not have to read each of them.

`_reports.json` in the artifact bucket has a copy of the summaries of the newest reports. A copy
counts only while S3 lists its object with the same ETag; other summaries are read again. So it does
not matter which of two writers was last, or whether the object exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from model_packager.names.report import REPORT_SUMMARIES
from workflow.aws.clients import s3
from workflow.aws.s3_object import read_object
from workflow.contracts.base import Contract
from workflow.report.summary import ReportSummary, read_summary

if TYPE_CHECKING:
    from collections.abc import Mapping


class Copy(Contract):
    """A copy of a summary.

    Attributes:
        etag: the ETag of the object that it was read from.
        summary: None if another version of Modeldrop wrote the object.
    """

    etag: str
    summary: ReportSummary | None


class Copies(Contract):
    """The content of `_reports.json`, by the keys of the summaries."""

    by_key: dict[str, Copy]


class StoredSummaries:
    """Reads summaries, from a copy if it is up to date. Thread-safe."""

    def __init__(self, bucket: str, etags: Mapping[str, str]) -> None:
        """Read the copies.

        Args:
            bucket: the artifact bucket.
            etags: the ETag of each summary in the bucket, by its key.
        """
        self._bucket = bucket
        self._etags = etags
        self._before = _read_copies(bucket)
        self._used: dict[str, Copy] = {}

    def read(self, key: str) -> ReportSummary | None:
        """Return a summary; None if it is missing, or another version of Modeldrop wrote it."""
        etag = self._etags.get(key)
        if etag is None:
            return None
        copy = self._before.get(key)
        if copy is None or copy.etag != etag:
            copy = Copy(etag=etag, summary=read_summary(self._bucket, key))
        self._used[key] = copy
        return copy.summary

    def save(self) -> None:
        """Store copies of the summaries that were read, if they are not the stored ones."""
        if self._used != self._before:
            body = Copies(by_key=self._used).model_dump_json().encode()
            s3().put_object(
                Bucket=self._bucket,
                Key=REPORT_SUMMARIES,
                Body=body,
                ContentType="application/json",
            )


def _read_copies(bucket: str) -> Mapping[str, Copy]:
    found = read_object(bucket, REPORT_SUMMARIES)
    try:
        return Copies.model_validate_json(found.content).by_key if found else {}
    except ValidationError:
        return {}
