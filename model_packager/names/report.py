"""The keys of the reports in the artifact bucket."""

import hashlib

REPORT_INDEX = "_reports.html"
"""Outside the folder of the reports, because it must not expire with them."""

REPORT_SUMMARIES = "_reports.json"
"""Copies of the reports' summaries, which the index is made from."""

REPORT_FOLDER = "_reports/"

UNNAMED = "_unnamed"
"""In place of the model's name, for an upload whose key has no valid one."""


def report_key(
    model: str | None, version: str | None, execution_arn: str, *, restored: bool
) -> str:
    """Return the key of a deployment's report in the artifact bucket.

    A rollback has its own report. So does an upload that was rejected before it had a version, or
    whose key has no valid model name.
    """
    digest = hashlib.sha256(execution_arn.encode()).hexdigest()[:8]
    name = version or f"refused-{digest}"
    if version and restored:
        name += f"-restored-{digest}"
    return f"{REPORT_FOLDER}{model or UNNAMED}/{name}.html"


def summary_key(report: str) -> str:
    """Return the key of a report's summary for the index page."""
    return report.removesuffix(".html") + ".json"
