"""Every row of docs/faults.md: the fault is ordered, and what users see is compared.

The stories are played at the same time, since most of their time is waiting.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.workflow.drops import Cloud, summary, told
from tests.workflow.fault_matrix import STORIES
from tests.workflow.fault_runner import Player, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.workflow.fault_case import Ending, Story

AT_ONCE = 5
ROWS = [(story, number) for story in STORIES for number in range(len(story.steps))]


@pytest.fixture(scope="module")
def played(cloud: Cloud, request: pytest.FixtureRequest) -> Iterator[dict[str, Future[list[Seen]]]]:
    """All stories that tests were chosen of, on their way."""
    chosen: dict[str, Story] = {}
    for item in request.session.items:
        callspec = getattr(item, "callspec", None)
        if callspec is not None and (story := callspec.params.get("story")):
            chosen[story.name] = story
    player = Player(cloud, cloud.executions)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(player.play, story) for name, story in chosen.items()}


def test_no_name_holds_another() -> None:
    """Else the faults of one would hit the other."""
    names = [story.name for story in STORIES]
    assert [(a, b) for a in names for b in names if a is not b and a in b] == []


@pytest.mark.parametrize(
    ("story", "number"), ROWS, ids=[f"{story.name}-{number}" for story, number in ROWS]
)
def test_row(played: dict[str, Future[list[Seen]]], story: Story, number: int) -> None:
    seen, step = played[story.name].result(), story.steps[number]
    after = seen[number]
    assert after.outcome.execution_status == step.ends.execution, (summary(after.outcome), after)
    assert_told(after, step.ends, step.told)
    if step.ends.status:
        assert [each["state"] for each in told(after.outcome)["recovered_errors"]] == list(
            step.recovered_errors
        )
        assert bool(told(after.outcome)["remaining"]) == step.incomplete
    assert after.serves == step.serves
    for state, errors in step.attempts.items():
        assert tuple(each for each in after.attempts[state] if each in errors) == errors, state
    assert after.strangers == set()
    assert after.unmet == []
    assert after.untouched >= step.untouched
    if not step.incomplete:
        assert after.alarms == []
        assert after.versions == good_versions(story, seen, number)
        assert any(each.startswith("endpoint ") for each in after.left) == (step.serves is not None)


def assert_told(seen: Seen, ends: Ending, at_most: int) -> None:
    if ends.status is None:
        assert seen.told == 0
        assert seen.error[0] == ends.error
        assert ends.says in seen.error[1]
        return
    content = told(seen.outcome)
    assert 1 <= seen.told <= at_most
    found = (content["status"], content["failed_state"], content["error"])
    assert found == (ends.status, ends.state, ends.error), summary(seen.outcome)
    assert ends.says in (content["cause"] or ""), summary(seen.outcome)


def good_versions(story: Story, seen: list[Seen], number: int) -> set[str]:
    """The versions that have gone live by then: what has to be there, and nothing else.

    Where nobody could be told, SageMaker knows: the version is in what was left then.
    """
    good: set[str] = set()
    for step, after in zip(story.steps[: number + 1], seen, strict=False):
        if step.ends.status == "SUCCEEDED":
            good.add(told(after.outcome)["version"])
        elif step.ends.status is None and "is live" in step.ends.says:
            good |= after.versions
    return good
