"""Write docs/faults.md: fault, what users see, what remains, from the rows that the tests assert.

`make pages` runs it.
"""

from pathlib import Path

from tests.workflow.fault_case import Step, Story
from tests.workflow.fault_matrix import ELSEWHERE, STORIES

PAGE = Path(__file__).parent.parent / "docs" / "faults.md"

OPENING = """\
# What can go wrong, what users see, what remains

Every row is ordered on the embedded cloud, with real Triton, and asserted by the test that it
names: the status, the state, the error and the cause of the notification, that it came (once; twice
at most, where Publish Result did its work and failed), what the endpoint answers afterwards, and
that nothing but whole, verified versions is left in SageMaker, in the artifact bucket and among the
alarms. This page is written from the rows by `scripts/write_faults_page.py`; a test fails where it
no longer agrees.

A fault happens once unless the row says otherwise. Where several calls or states are named, each of
them meets it, in one execution.
"""
HEAD = """\
| Fault | Where | Drop | What users see | What serves afterwards | What remains | Test |
|---|---|---|---|---|---|---|
"""
MATRIX = "tests/workflow/test_fault_matrix.py::test_row"


def page() -> str:
    """Put the rows into words."""
    rows = [
        _row(story, number)
        for story in STORIES
        for number, step in enumerate(story.steps)
        if step.fault
    ]
    rows += [
        [row.fault, row.where, "", row.sees, row.serves, row.remains, f"`{row.test}`"]
        for row in ELSEWHERE
    ]
    lines = [f"| {' | '.join(_cell(each) for each in row)} |" for row in rows]
    return f"{OPENING}\n{HEAD}" + "\n".join(lines) + "\n"


def _row(story: Story, number: int) -> list[str]:
    step = story.steps[number]
    live = number > 0 and story.steps[number - 1].serves is not None
    drop = {
        "drop": "update" if live else "new model",
        "redeploy": "deploy.yaml alone",
        "restore": "restored version",
    }[step.does]
    return [
        step.fault,
        step.where,
        drop,
        _sees(step),
        _serves(step, live=live),
        _remains(step, live=live),
        f"`{MATRIX}[{story.name}-{number}]`",
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _sees(step: Step) -> str:
    ends = step.ends
    if ends.status is None:
        return f"no notification; the execution: `{ends.execution}`, {ends.error}: “…{ends.says}…”"
    seen = f"`{ends.status}`"
    if ends.state is not None:
        seen += f" at {ends.state}, {ends.error}: “…{ends.says}…”"
    if step.recovered_errors:
        seen += f"; recovered error at {', '.join(step.recovered_errors)}"
    return seen


def _serves(step: Step, *, live: bool) -> str:
    if step.serves is None:
        return "nothing"
    if step.incomplete:
        return "the version that failed, since it could not be put back"
    if step.ends.status == "SUCCEEDED" or step.ends.says.startswith("The model is live"):
        return "the restored version" if step.does == "restore" else "the new version"
    untouched = ", never touched" if step.untouched else ""
    return f"the version before{untouched}" if live else "nothing"


def _remains(step: Step, *, live: bool) -> str:
    if step.incomplete:
        return "all of the version: the notification lists it as remaining"
    if step.ends.status == "SUCCEEDED" or step.ends.says.startswith("The model is live"):
        return "whole versions alone"
    return "nothing of the failed version" if live else "nothing"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
