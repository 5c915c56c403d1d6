"""docs/model-files.md matches the code."""

import pytest

from model_packager.model_warnings import WarningCode
from scripts.write_model_files_page import PAGE, page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def current() -> str:
    return page()


def test_page_is_current(current: str) -> None:
    assert PAGE.read_text() == current, "make pages"


def test_page_has_every_result(current: str) -> None:
    for result in ("accepted", "accepted, with a warning", "needs deploy.yaml", "rejected"):
        assert f"| {result} |" in current
    of_files = set(WarningCode) - {WarningCode.CPU_TEST}
    assert current.count("| accepted, with a warning |") > len(of_files)
