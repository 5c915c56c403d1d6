"""The summary of a report, which the index and later reports show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AwareDatetime, ValidationError

from model_packager.latency_statistics import LatencyStatistics
from model_packager.names.report import summary_key
from model_packager.names.version import version_label
from model_packager.signature import Signature
from model_packager.status import Status
from workflow.aws.clients import s3
from workflow.aws.s3_object import read_object
from workflow.contracts.base import Contract

if TYPE_CHECKING:
    from model_packager.stored import DeploymentRecord


class ReportSummary(Contract):
    """One deployment. Unknown fields are null.

    Attributes:
        number: the number of the version.
        at: when the report was written.
        mode: the hosting mode, as in deploy.yaml.
        month_price: the price of all instances, such as "537 USD", or "0 to 537 USD" if they stop
            while the endpoint is idle; None if it is unknown.
        latency: the latency in the smoke test.
        requests_per_second: the maximum over the levels of the load profile.
    """

    model: str | None
    version: str | None
    number: int | None
    status: Status
    at: AwareDatetime
    restored: bool
    endpoint: str | None
    instance_type: str | None
    instance_count: int | None
    mode: str | None
    month_price: str | None
    latency: LatencyStatistics | None
    requests_per_second: float | None
    golden: str | None
    signature: Signature | None
    failed_state: str | None
    cause: str | None

    @property
    def label(self) -> str | None:
        """The short label of the version, such as v3."""
        return version_label(self.number)


def write_report(bucket: str, key: str, page: str, summary: ReportSummary) -> str:
    """Store the page, then its summary for the index; return the page's S3 URI."""
    _put(bucket, key, page, "text/html; charset=utf-8")
    _put(bucket, summary_key(key), summary.model_dump_json(indent=2), "application/json")
    return f"s3://{bucket}/{key}"


def read_summary(bucket: str, key: str) -> ReportSummary | None:
    """Read a report's summary; None if it is missing or from another Modeldrop version."""
    found = read_object(bucket, key)
    try:
        return ReportSummary.model_validate_json(found.content) if found else None
    except ValidationError:
        return None


def summary_of_record(record: DeploymentRecord) -> ReportSummary:
    """Summarize a version without a report from its deployment record."""
    smoke, hosting = record.smoke, record.servable.hosting
    return ReportSummary(
        model=record.deployment.model,
        version=record.deployment.version,
        number=record.deployment.number,
        status=Status.SUCCEEDED,
        at=record.deployed_at,
        restored=record.restored,
        endpoint=record.deployment.endpoint,
        instance_type=hosting.instance_type,
        instance_count=hosting.instance_count,
        mode=hosting.mode,
        month_price=None,
        latency=smoke.latency,
        requests_per_second=max((each.requests_per_second for each in smoke.load), default=None),
        golden=smoke.golden,
        signature=record.servable.signature,
        failed_state=None,
        cause=None,
    )


def _put(bucket: str, key: str, content: str, content_type: str) -> None:
    s3().put_object(Bucket=bucket, Key=key, Body=content.encode(), ContentType=content_type)
