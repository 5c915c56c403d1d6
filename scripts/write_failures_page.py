"""Write docs/failures.md: what went wrong, what it means, what to do, from the table of failures.

`make pages` runs it.
"""

from pathlib import Path

from workflow.failures.diagnosis import CONTAINER_ROWS, NEVER_RAN, STILL_LOADING, UNKNOWN
from workflow.failures.failure import Row
from workflow.failures.sagemaker_rows import SAGEMAKER_ROWS, VAGUE_ROWS

PAGE = Path(__file__).parent.parent / "docs" / "failures.md"

OPENING = """\
# What went wrong, what it means, what to do

Where an endpoint does not start, or is rolled back, Check Endpoint reads SageMaker's
`FailureReason` and the end of the container's log, and looks both up in the table below; the
notification says cause and fix, and the raw texts after the cause. The first row that knows the
text has it. A reason that SageMaker names counts first; the container's own words count before
"did not pass the ping health check".

Each text was seen: by the real tritonserver of the embedded cloud ("tritonserver 2.51"), or where
its source says; but for a download that takes too long, AWS's words are not known. This page is
written from the table by `scripts/write_failures_page.py`; a test fails where it no longer agrees.
"""
CHAPTERS = {
    "SageMaker names the reason": SAGEMAKER_ROWS,
    "The container says it": CONTAINER_ROWS,
    "SageMaker is vague": VAGUE_ROWS,
}
SILENCE = {
    "No ping, or hanging in Creating, and no log at all": NEVER_RAN,
    "No ping, or hanging in Creating, and a log without a complaint": STILL_LOADING,
    "Anything else": UNKNOWN,
}
_TEXT_LIMIT = 160


def page() -> str:
    """Put the table into words."""
    parts = [OPENING]
    for chapter, rows in CHAPTERS.items():
        parts.append(_chapter(chapter, "Text", [_cells(row) for row in rows]))
    told = [
        [when, each.kind, f"{each.cause}<br>**Fix:** {each.fix}", ""]
        for when, each in SILENCE.items()
    ]
    parts.append(_chapter("Nobody says anything", "When", told))
    return "\n".join(parts)


def _chapter(name: str, first: str, rows: list[list[str]]) -> str:
    lines = [f"## {name}\n", f"| {first} | Kind | What it means, and what to do | Seen |"]
    lines += ["|---|---|---|---|", *(f"| {' | '.join(cells)} |" for cells in rows)]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> list[str]:
    failure = row.failure(row.example)
    assert failure is not None  # noqa: S101 - a test holds each row against its example
    said = row.example[:_TEXT_LIMIT] + ("…" if len(row.example) > _TEXT_LIMIT else "")
    cells = [
        f"`{said}`",
        row.kind,
        f"{failure.cause}<br>**Fix:** {failure.fix}",
        row.source,
    ]
    return [cell.replace("|", "\\|") for cell in cells]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
