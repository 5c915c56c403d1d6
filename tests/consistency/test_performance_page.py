"""docs/performance.md shows the stored results."""

from scripts.write_performance_page import PAGE, rendered


def test_page_is_written_from_the_results() -> None:
    assert rendered(PAGE.read_text()) == PAGE.read_text()
