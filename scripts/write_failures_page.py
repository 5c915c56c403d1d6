"""Write docs/failures.md, the known failures with cause and fix, from the table of failures.

`make pages` runs it.
"""

from pathlib import Path

from workflow.failures.diagnosis import (
    CONTAINER_ROWS,
    NEVER_RAN,
    NO_CONTAINER,
    STILL_LOADING,
    UNKNOWN,
)
from workflow.failures.failure import FailureRow
from workflow.failures.sagemaker_rows import SAGEMAKER_ROWS, VAGUE_ROWS

PAGE = Path(__file__).parent.parent / "docs" / "failures.md"

OPENING = """\
# Known failures: cause and fix

If an endpoint does not start, or is rolled back, Check Endpoint reads SageMaker's `FailureReason`
and the end of the container's log, and looks both up in the tables below. The notification shows
cause and fix; the raw texts follow the cause. The first matching row wins. A specific reason from
SageMaker takes precedence, and the container's own error lines take precedence over "did not pass
the ping health check".

Each text was seen in the real tritonserver of the embedded cloud ("tritonserver 2.51"), or in the
linked source. The one exception is the download timeout, whose exact message is not known.
`scripts/write_failures_page.py` writes this page from the table; a test checks that they agree.
"""
CHAPTERS = {
    "SageMaker names the reason": SAGEMAKER_ROWS,
    "Errors in the container's log": CONTAINER_ROWS,
    "SageMaker gives no specific reason": VAGUE_ROWS,
}
NO_ERROR = {
    "Stuck in Creating or Updating, or rolled back without a reason; no log stream": NO_CONTAINER,
    "No response to /ping and no log, or stuck with an empty log": NEVER_RAN,
    "No response to /ping, or stuck in Creating, with a log that shows no error": STILL_LOADING,
    "Anything else": UNKNOWN,
}
_TEXT_LIMIT = 160


def page() -> str:
    """Render the page."""
    parts = [OPENING]
    for chapter, rows in CHAPTERS.items():
        parts.append(_chapter(chapter, "Text", [_cells(row) for row in rows]))
    others = [
        [when, each.kind, f"{each.cause}<br>**Fix:** {each.fix}", ""]
        for when, each in NO_ERROR.items()
    ]
    parts.append(_chapter("No known error text", "When", others))
    return "\n".join(parts)


def _chapter(name: str, first: str, rows: list[list[str]]) -> str:
    lines = [f"## {name}\n", f"| {first} | Kind | Cause and fix | Seen in |"]
    lines += ["|---|---|---|---|", *(f"| {' | '.join(cells)} |" for cells in rows)]
    return "\n".join(lines) + "\n"


def _cells(row: FailureRow) -> list[str]:
    diagnosis = row.diagnose(row.example)
    assert diagnosis is not None  # noqa: S101 - a test checks that each row matches its example
    text = row.example[:_TEXT_LIMIT] + ("…" if len(row.example) > _TEXT_LIMIT else "")
    cells = [
        f"`{text}`",
        row.kind,
        f"{diagnosis.cause}<br>**Fix:** {diagnosis.fix}",
        row.source,
    ]
    return [cell.replace("|", "\\|") for cell in cells]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
