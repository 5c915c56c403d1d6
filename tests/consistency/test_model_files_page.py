"""docs/model-files.md says what the code does."""

import pytest

from model_packager.model_warnings import WarningCode
from scripts.write_model_files_page import PAGE, page


@pytest.fixture(scope="module")
def current() -> str:
    return page()


def test_page_is_current(current: str) -> None:
    assert PAGE.read_text() == current, "make pages"


def test_page_has_every_verdict(current: str) -> None:
    for verdict in ("served", "served, with a warning", "needs deploy.yaml", "refused"):
        assert f"| {verdict} |" in current
    assert current.count("| served, with a warning |") > len(WarningCode)
