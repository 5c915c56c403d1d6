"""Write docs/faults.md from the fault cases of the tests.

`make pages` runs it.
"""

from pathlib import Path

from tests.workflow.fault_case import FaultCase, Step
from tests.workflow.fault_matrix import CASES, OTHER_TESTS

PAGE = Path(__file__).parent.parent / "docs" / "faults.md"

OPENING = """\
# What can go wrong, and what happens then

For each row, a test injects the fault into the embedded cloud, with real Triton, and asserts:

- the notification's status, state, error and cause, and that it arrives once (or twice, if Publish
  Result fails after publishing);
- the endpoint's response afterwards;
- that only complete, tested versions are left in SageMaker, in the artifact bucket and among the
  alarms.

`scripts/write_faults_page.py` generates this page from the test cases. A test fails if the page is
out of date.

A fault occurs once unless the row says otherwise. If a row names several calls or states, the fault
affects each of them, in one execution.

In a pool, the test also asserts that the other model still responds as before, and that the lock of
the pool is released. For a batch job, it asserts the number of results, and that neither a
transform job nor a SageMaker model of the job is left.

By default, an update is tested on a staging endpoint first. Rows without the word "staging" are
about `rollout.staging: false`, where the new version is tested on the live endpoint.
"""
HEAD = """\
| Fault | Where | Drop | Users see | Live version afterwards | Left behind | Test |
|---|---|---|---|---|---|---|
"""
MATRIX = "tests/workflow/test_fault_matrix.py::test_row"


def page() -> str:
    """Render the page."""
    rows = [
        _row(case, number) for case in CASES for number, step in enumerate(case.steps) if step.fault
    ]
    rows += [
        [
            row.fault,
            row.where,
            "",
            row.users_see,
            row.live_version,
            row.left_behind,
            f"`{row.test}`",
        ]
        for row in OTHER_TESTS
    ]
    lines = [f"| {' | '.join(_cell(each) for each in row)} |" for row in rows]
    return f"{OPENING}\n{HEAD}" + "\n".join(lines) + "\n"


def _row(case: FaultCase, number: int) -> list[str]:
    step = case.steps[number]
    live = number > 0 and case.steps[number - 1].returns is not None
    drop = {
        "drop": "update" if live else "new model",
        "redeploy": "only deploy.yaml",
        "restore": "restore a version",
    }[step.action]
    return [
        step.fault,
        step.where,
        drop,
        _users_see(step),
        _live_version(step, live=live),
        _left_behind(step, live=live),
        f"`{MATRIX}[{case.name}-{number}]`",
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _users_see(step: Step) -> str:
    expected = step.expected
    seen = f"`{expected.status}`"
    if expected.state is not None:
        seen += f" at {expected.state}, {expected.error}: “…{expected.cause}…”"
    elif expected.error is not None:
        seen += f" from Notify Failure, {expected.error}: “…{expected.cause}…”"
    if step.recovered_errors:
        seen += f"; recovered error at {', '.join(step.recovered_errors)}"
    return seen


def _live_version(step: Step, *, live: bool) -> str:
    if step.returns is None:
        return "none"
    if step.incomplete and not step.untouched:
        return "the failed version, because the rollback failed too"
    if step.expected.status == "SUCCEEDED" or step.expected.cause.startswith("The model is live"):
        return "the restored version" if step.action == "restore" else "the new version"
    untouched = ", unchanged throughout" if step.untouched else ""
    return f"the previous version{untouched}" if live else "none"


def _left_behind(step: Step, *, live: bool) -> str:
    if step.incomplete:
        return "the whole version; the notification lists it as remaining"
    if step.expected.status == "SUCCEEDED" or step.expected.cause.startswith("The model is live"):
        return "only complete versions"
    return "nothing of the failed version" if live else "nothing"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
