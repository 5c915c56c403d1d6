"""docs/failures.md matches the table of failures."""

from scripts.write_failures_page import NO_ERROR, PAGE, page
from workflow.failures.diagnosis import TABLE
from workflow.failures.failure import FailureKind


def test_page_is_current() -> None:
    assert PAGE.read_text() == page(), "make pages"


def test_page_has_every_row_and_every_kind() -> None:
    assert page().count("**Fix:**") == len(TABLE) + len(NO_ERROR)
    for kind in FailureKind:
        assert f"| {kind} |" in page()
