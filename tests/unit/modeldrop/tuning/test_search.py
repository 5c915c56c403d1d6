"""The search over a landscape that is known, with a clock of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from model_packager.spec.deploy_spec import parse_deploy_spec
from model_packager.spec.load_profile import LoadPoint
from modeldrop.tuning.run import starting_point, with_keys
from modeldrop.tuning.search import (
    Candidate,
    CandidateFailed,
    Space,
    Trial,
    Tuning,
    better,
    powers_of_two,
    tune,
)
from tests.unit.model_packager.spec.test_load_profile import point

SPACE = Space(processors=4, items=8, batches=True)
Rate = Callable[[Candidate], float]


@dataclass
class Computer:
    """Serves each candidate as fast as `rate` says; a trial takes ten seconds."""

    rate: Rate
    seconds: float = 1e6
    p95: Rate = lambda _candidate: 10
    asked: list[Candidate] = field(default_factory=list)

    def measure(self, candidate: Candidate) -> tuple[LoadPoint, ...]:
        self.asked.append(candidate)
        self.seconds -= 10
        return (point(8, self.rate(candidate), self.p95(candidate)),)

    def tune(
        self,
        start: Candidate | None = None,
        space: Space = SPACE,
        max_p95_ms: float | None = None,
    ) -> Tuning:
        return tune(
            start or Candidate(),
            space,
            self.measure,
            max_p95_ms=max_p95_ms,
            seconds_left=lambda: self.seconds,
        )


def hill(candidate: Candidate) -> float:
    """Two copies, batches of 4 and 500 µs are best; without batches, a tenth of it."""
    if candidate.joined is None:
        return 10.0 * min(candidate.copies, 2)
    distance = abs(candidate.copies - 2) + abs(candidate.joined - 4) + bool(candidate.preferred)
    return 1000 / (1 + distance + abs(candidate.delay - 500) / 500)


def test_the_top_is_found() -> None:
    computer = Computer(hill)
    found = computer.tune()
    assert found.best.candidate == Candidate(copies=2, joined=4, delay=500)
    assert found.stopped == "No other value of a single key is better by 3%."
    assert found.trials[0].candidate == Candidate()
    tried = [each.candidate for each in found.trials]
    assert len(tried) == len(set(tried))


def test_best_is_held_against_the_start_once_more() -> None:
    """A candidate that was only lucky the first time."""
    lucky = Candidate(copies=2)
    seen: list[Candidate] = []

    def rate(candidate: Candidate) -> float:
        seen.append(candidate)
        return 200 if candidate == lucky and seen.count(lucky) == 1 else 100

    found = Computer(rate).tune()
    assert seen[-2:] == [Candidate(), lucky]
    assert found.best is found.trials[0]


def test_time_is_kept_and_suffices_for_the_last_comparison() -> None:
    computer = Computer(hill, seconds=65)
    found = computer.tune()
    assert found.stopped == "The time is used up."
    assert computer.seconds >= 0
    assert len(found.trials) == 4
    assert computer.asked[-2:] == [Candidate(), found.best.candidate]


def test_limit_comes_before_throughput() -> None:
    def p95(candidate: Candidate) -> float:
        return 5 if candidate.joined is None else 50

    found = Computer(hill, p95=p95).tune(max_p95_ms=20)
    assert found.best.candidate == Candidate(copies=2)


def test_what_cannot_be_served_is_noted_and_passed_over() -> None:
    def rate(candidate: Candidate) -> float:
        if candidate.joined is not None:
            raise CandidateFailed("its batch is fixed")
        return hill(candidate)

    found = Computer(rate).tune()
    assert found.best.candidate == Candidate(copies=2)
    assert "its batch is fixed" in {each.problem for each in found.trials}


def test_start_that_cannot_be_served_ends_it() -> None:
    def rate(candidate: Candidate) -> float:
        raise CandidateFailed("no such operator")

    with pytest.raises(CandidateFailed, match="no such operator"):
        Computer(rate).tune()


def test_ctrl_c_keeps_what_was_found() -> None:
    def rate(candidate: Candidate) -> float:
        if candidate.joined == 2:
            raise KeyboardInterrupt
        return hill(candidate)

    found = Computer(rate).tune()
    assert (found.stopped, found.best.candidate) == ("It was interrupted.", Candidate(copies=2))


def test_ctrl_c_before_the_first_trial_is_one() -> None:
    def rate(candidate: Candidate) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Computer(rate).tune()


def test_model_without_batches_is_tried_with_copies_alone() -> None:
    found = Computer(hill).tune(space=Space(processors=4, items=8, batches=False))
    assert [each.candidate.copies for each in found.trials] == [1, 2, 4]
    assert {each.candidate.joined for each in found.trials} == {None}


def test_no_more_copies_than_processors_and_no_larger_batches_than_clients() -> None:
    found = Computer(lambda each: each.copies + (each.joined or 0)).tune()
    assert found.best.candidate.copies == 4
    assert found.best.candidate.joined == 8


@pytest.mark.parametrize(
    ("new", "old", "limit", "is_better"),
    [
        (point(1, 104, 9), point(1, 100, 9), None, True),
        (point(1, 102, 9), point(1, 100, 9), None, False),
        (point(1, 50, 9), point(1, 100, 11), 10, True),
        (point(1, 100, 11), point(1, 50, 9), 10, False),
        (point(1, 50, 20), point(1, 100, 30), 10, True),
        (point(1, 50, 30), point(1, 100, 20), 10, False),
    ],
)
def test_better(new: LoadPoint, old: LoadPoint, limit: float | None, is_better: bool) -> None:
    trial, than = Trial(Candidate(), (new,)), Trial(Candidate(), (old,))
    assert better(trial, than, limit) is is_better


def test_failed_trial_is_never_better() -> None:
    than = Trial(Candidate(), (point(1, 1, 1),))
    assert not better(Trial(Candidate(), problem="no"), than, None)


@pytest.mark.parametrize(
    "candidate",
    [
        Candidate(copies=3),
        Candidate(joined=16, delay=500, preferred=(8, 16)),
        Candidate(joined=4, delay=0),
    ],
)
@pytest.mark.parametrize(
    "before",
    [
        None,
        "dynamic_batching: {preferred_batch_sizes: [2]}\nmax_batch_size: 2\n"
        "instance_group: {count: 7, kind: KIND_CPU}\ntags: {team: vision}\n",
    ],
)
def test_keys_are_those_of_deploy_yaml(candidate: Candidate, before: str | None) -> None:
    """What is written is read back by the spec itself, and the other keys stay."""
    spec = parse_deploy_spec(with_keys(before, candidate.keys()), origin="deploy.yaml")
    assert starting_point(spec, spec.max_batch_size or 0) == candidate
    if before:
        assert spec.tags == {"team": "vision"}
        assert spec.instance_group.kind == "KIND_CPU"


def test_powers_of_two() -> None:
    assert list(powers_of_two(2, 17)) == [2, 4, 8, 16]
    assert list(powers_of_two(1, 1)) == [1]
    assert list(powers_of_two(2, 1)) == []
