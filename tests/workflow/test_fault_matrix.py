"""Injects the fault of every row of docs/faults.md, and compares what users see.

The cases run concurrently, because they mostly wait.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.fault_case import FaultCase
from tests.workflow.fault_matrix import CASES
from tests.workflow.fault_runner import NEIGHBOR_FACTOR, CaseRunner, Observation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.workflow.fault_case import Expected

AT_ONCE = 5
ROWS = [(case, number) for case in CASES for number in range(len(case.steps))]


@pytest.fixture(scope="module")
def running(
    cloud: Cloud, request: pytest.FixtureRequest
) -> Iterator[dict[str, Future[list[Observation]]]]:
    """The running cases of all selected tests, by name."""
    chosen: dict[str, FaultCase] = {}
    for item in request.session.items:
        callspec = getattr(item, "callspec", None)
        case = callspec.params.get("case") if callspec is not None else None
        if isinstance(case, FaultCase):
            chosen[case.name] = case
    runner = CaseRunner(cloud, cloud.executions)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(runner.run, case) for name, case in chosen.items()}


def test_no_name_contains_another() -> None:
    """Otherwise the faults of one model would also affect the other."""
    names = [case.name for case in CASES]
    assert [(a, b) for a in names for b in names if a is not b and a in b] == []


@pytest.mark.parametrize(
    ("case", "number"), ROWS, ids=[f"{case.name}-{number}" for case, number in ROWS]
)
def test_row(running: dict[str, Future[list[Observation]]], case: FaultCase, number: int) -> None:
    seen, step = running[case.name].result(), case.steps[number]
    after = seen[number]
    # As text, because pytest shortens objects and would omit the failed state.
    assert after.outcome.execution_status == step.expected.execution, summary(after.outcome)
    assert_notification(after, step.expected, step.max_notifications)
    assert [each["state"] for each in content_of(after.outcome)["recovered_errors"]] == list(
        step.recovered_errors
    )
    assert bool(content_of(after.outcome)["remaining"]) == step.incomplete
    assert after.returns == step.returns
    for state, errors in step.attempts.items():
        assert tuple(each for each in after.attempts[state] if each in errors) == errors, state
    assert after.other_executions == set()
    assert after.unused_faults == []
    assert after.untouched >= step.untouched
    assert after.neighbor == (NEIGHBOR_FACTOR if is_shared(case, seen, number) else None)
    if is_shared(case, seen, number) and step.expected.execution == "FAILED":
        assert after.config == seen[number - 1].config  # a change of the pool is undone
    if not step.incomplete:
        assert not after.lock
        assert after.alarms == []
        assert after.versions == good_versions(case, seen, number)
        assert any(each.startswith("endpoint ") for each in after.left) == (
            step.returns is not None or after.neighbor is not None
        )


def is_shared(case: FaultCase, seen: list[Observation], number: int) -> bool:
    """Return whether the neighbor was in the pool during a step."""
    return case.neighbor is not None and any(each.returns for each in seen[:number])


def assert_notification(seen: Observation, expected: Expected, at_most: int) -> None:
    content = content_of(seen.outcome)
    assert 1 <= seen.notifications <= at_most
    actual = (content["status"], content["failed_state"], content["error"])
    assert actual == (expected.status, expected.state, expected.error), summary(seen.outcome)
    said = f"{content['cause'] or ''} {content.get('evidence') or ''}"
    assert expected.cause in said, summary(seen.outcome)


def good_versions(case: FaultCase, seen: list[Observation], number: int) -> set[str]:
    """Return the versions that have gone live, which must be the only ones left.

    If Publish Result sent no notification, the version is taken from the remaining resources.
    """
    good: set[str] = set()
    for step, after in zip(case.steps[: number + 1], seen, strict=False):
        if step.expected.status == "SUCCEEDED":
            good.add(content_of(after.outcome)["version"])
        elif "is live" in step.expected.cause:
            good |= after.versions
    return good
