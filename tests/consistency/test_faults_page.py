"""docs/faults.md matches the fault matrix, and each row has its test."""

import re

import pytest

from scripts.write_faults_page import PAGE, page
from tests.consistency.asl import MACHINES, OPTIONAL_STEPS, ROOT
from tests.workflow.fault_case import FaultCase, OtherTest
from tests.workflow.fault_matrix import OTHER_TESTS
from tests.workflow.passing_faults import LAMBDA

DEPLOY_TASKS = {
    name for name, state in MACHINES["deploy_model"]["States"].items() if state["Type"] == "Task"
} - set(OPTIONAL_STEPS)


def test_page_is_current() -> None:
    assert PAGE.read_text() == page(), "make pages"


@pytest.mark.parametrize("row", OTHER_TESTS, ids=lambda row: row.test)
def test_row_of_another_test_is_proven(row: OtherTest) -> None:
    file, _, name = re.sub(r"\[.*", "", row.test).partition("::")
    assert f"def {name}(" in (ROOT / file).read_text()


@pytest.mark.parametrize("case", LAMBDA, ids=lambda case: case.name)
def test_every_task_state_meets_every_fault_of_lambda(case: FaultCase) -> None:
    assert {state for step in case.steps for state in step.attempts} == DEPLOY_TASKS
