from __future__ import annotations

import pytest

from model_client.errors import InvalidResponse
from model_packager.error_message import checks_of
from smoke_test.checks.progress import Progress
from workflow.errors import SmokeTestFailed


@pytest.mark.parametrize("error", [SmokeTestFailed, InvalidResponse])
def test_failure_names_its_check_and_those_that_passed(error: type[Exception]) -> None:
    progress = Progress(["the CPU test"])
    with progress.check("outputs"):
        progress.passed.append("names of all outputs")

    with pytest.raises(SmokeTestFailed) as caught, progress.check("the golden sample"):
        raise error("It differs.", "Export it again.")

    assert checks_of(str(caught.value)) == (
        ("the CPU test", "names of all outputs"),
        "the golden sample",
    )
    assert caught.value.fix == "Export it again."
