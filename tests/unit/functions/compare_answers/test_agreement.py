from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from compare_answers import agreement
from compare_answers.agreement import Agreement, compare
from compare_answers.captures import Exchange
from model_packager.spec.smoke_test_spec import SmokeTest, Tolerance
from tests.unit.functions.compare_answers.captured_records import JSON_TYPE, response


@dataclass
class Listed:
    """Exchanges in memory."""

    exchanges: list[Exchange]
    complete: bool = True

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.exchanges)


def exchanges(*answers: tuple[str, str]) -> Listed:
    return Listed(
        [Exchange(request.encode(), JSON_TYPE, text.encode()) for request, text in answers]
    )


def compared(live: Listed, shadow: Listed, smoke_test: SmokeTest | None = None) -> Agreement:
    return compare(live, shadow, smoke_test or SmokeTest())


def test_copies_are_compared_with_the_request_of_the_same_content() -> None:
    live = exchanges(("a", response(1)), ("b", response(2)), ("c", response(3)))
    shadow = exchanges(("c", response(3.001)), ("a", response(1.5)), ("x", response(9)))
    found = compared(live, shadow)
    assert (found.compared, found.agreeing, found.complete) == (2, 1, True)
    assert found.differences == ("y: 1 of 1 values differ, for example 1.5 instead of 1 at [0]",)


def test_repeated_requests_are_compared_one_by_one() -> None:
    live = exchanges(*[("a", response(1))] * 5)
    shadow = exchanges(("a", response(1)), ("a", response(2)), ("a", response(1)))
    found = compared(live, shadow)
    assert (found.compared, found.agreeing) == (3, 2)


def test_tolerances_are_those_of_the_golden_sample() -> None:
    live, shadow = exchanges(("a", response(1))), exchanges(("a", response(1.05)))
    assert compared(live, shadow).agreeing == 0
    assert compared(live, shadow, SmokeTest(rtol=0.1)).agreeing == 1
    of_y = SmokeTest(tolerances={"y": Tolerance(atol=0.1)})
    assert compared(live, shadow, of_y).agreeing == 1


@pytest.mark.parametrize(
    ("answer", "difference"),
    [
        (response(1, 2), "y: the shape is [2] instead of [1]"),
        (response(1).replace("FP32", "FP64"), "y: the dtype is float64 instead of float32"),
        (response(1, name="z"), "The response has no output y, or no data for it."),
        ("<html>", "The new version's response is not in Triton's format."),
    ],
)
def test_difference_says_what_it_is(answer: str, difference: str) -> None:
    found = compared(exchanges(("a", response(1))), exchanges(("a", answer)))
    assert (found.agreeing, found.differences) == (0, (difference,))


def test_unreadable_response_of_the_live_version_is_not_compared() -> None:
    found = compared(exchanges(("a", "<html>")), exchanges(("a", response(1))))
    assert (found.compared, found.differences) == (0, ())


def test_three_examples_are_enough() -> None:
    live = exchanges(*[(str(each), response(each)) for each in range(9)])
    shadow = exchanges(*[(str(each), response(each + 1)) for each in range(9)])
    assert len(compared(live, shadow).differences) == 3


def test_bounds_leave_out_later_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    live = exchanges(*[(str(each), response(each)) for each in range(9)])
    assert compared(live, live).complete
    assert not compared(live, Listed(live.exchanges, complete=False)).complete
    monkeypatch.setattr(agreement, "MAX_REQUESTS", 4)
    found = compared(live, live)
    assert (found.compared, found.complete) == (4, False)
    monkeypatch.setattr(agreement, "MAX_REQUESTS", 100)
    monkeypatch.setattr(agreement, "MAX_RESPONSE_BYTES", 3 * len(response(1)))
    assert compared(live, live).compared == 3
