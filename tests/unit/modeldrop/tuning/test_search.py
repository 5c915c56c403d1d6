"""The search with known measurements and a simulated clock."""

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
    CandidateResult,
    Search,
    Space,
    Tuning,
    better,
    powers_of_two,
)
from tests.unit.model_packager.spec.test_load_profile import point

SPACE = Space(processors=4, items=8, batches=True)
Rate = Callable[[Candidate], float]


@dataclass
class Computer:
    """Serves each candidate with the speed from `rate`. A measurement takes ten seconds."""

    rate: Rate
    seconds: float = 1e6
    p95: Rate = lambda _candidate: 10
    measured: list[Candidate] = field(default_factory=list)

    def measure(self, candidate: Candidate) -> tuple[LoadPoint, ...]:
        self.measured.append(candidate)
        self.seconds -= 10
        return (point(8, self.rate(candidate), self.p95(candidate)),)

    def tune(
        self,
        start: Candidate | None = None,
        space: Space = SPACE,
        max_p95_ms: float | None = None,
    ) -> Tuning:
        search = Search(max_p95_ms)
        search.run(start or Candidate(), space, self.measure, lambda: self.seconds)
        return search.tuning()


def hill(candidate: Candidate) -> float:
    """Return the throughput of a candidate, in items per second.

    Two instances, batches of 4 and a delay of 500 µs have the highest.
    """
    if candidate.batch_size is None:
        return 10.0 * min(candidate.instances, 2)
    distance = (
        abs(candidate.instances - 2) + abs(candidate.batch_size - 4) + bool(candidate.preferred)
    )
    return 1000 / (1 + distance + abs(candidate.delay - 500) / 500)


def test_search_finds_the_best_settings() -> None:
    computer = Computer(hill)
    tuning = computer.tune()
    assert tuning.best.candidate == Candidate(instances=2, batch_size=4, delay=500)
    assert tuning.stopped == "No other value of a single key is better by 3%."
    assert tuning.results[0].candidate == Candidate()
    tried = [each.candidate for each in tuning.results]
    assert len(tried) == len(set(tried))


def test_every_key_is_varied_before_a_key_is_varied_again() -> None:
    tried = [each.candidate for each in Computer(hill).tune().results]
    first_delay = next(i for i, each in enumerate(tried) if each.delay != Candidate.delay)
    assert {each.instances for each in tried[:first_delay] if each.batch_size is not None} == {2}


def test_best_candidate_is_compared_with_the_start_again() -> None:
    """A candidate was only lucky in the first measurement."""
    lucky = Candidate(instances=2)
    seen: list[Candidate] = []

    def rate(candidate: Candidate) -> float:
        seen.append(candidate)
        return 200 if candidate == lucky and seen.count(lucky) == 1 else 100

    tuning = Computer(rate).tune()
    assert seen[-2:] == [Candidate(), lucky]
    assert tuning.best is tuning.results[0]


def test_time_suffices_for_the_last_comparison() -> None:
    computer = Computer(hill, seconds=65)
    tuning = computer.tune()
    assert tuning.stopped == "The time is used up."
    assert computer.seconds >= 0
    assert len(tuning.results) == 4
    assert computer.measured[-2:] == [Candidate(), tuning.best.candidate]


def test_latency_limit_precedes_throughput() -> None:
    def p95(candidate: Candidate) -> float:
        return 5 if candidate.batch_size is None else 50

    tuning = Computer(hill, p95=p95).tune(max_p95_ms=20)
    assert tuning.best.candidate == Candidate(instances=2)


def test_candidate_that_cannot_be_served_is_skipped() -> None:
    def rate(candidate: Candidate) -> float:
        if candidate.batch_size is not None:
            raise CandidateFailed("its batch is fixed")
        return hill(candidate)

    tuning = Computer(rate).tune()
    assert tuning.best.candidate == Candidate(instances=2)
    assert "its batch is fixed" in {each.error for each in tuning.results}


def test_start_that_cannot_be_served_is_an_error() -> None:
    def rate(candidate: Candidate) -> float:
        raise CandidateFailed("no such operator")

    with pytest.raises(CandidateFailed, match="no such operator"):
        Computer(rate).tune()


def test_interrupted_search_keeps_its_results() -> None:
    def rate(candidate: Candidate) -> float:
        if candidate.batch_size == 2:
            raise KeyboardInterrupt
        return hill(candidate)

    search, computer = Search(None), Computer(rate)
    with pytest.raises(KeyboardInterrupt):
        search.run(Candidate(), SPACE, computer.measure, lambda: computer.seconds)
    tuning = search.tuning()
    assert (tuning.stopped, tuning.best.candidate) == ("Interrupted.", Candidate(instances=2))


def test_model_without_batching_varies_instances_alone() -> None:
    tuning = Computer(hill).tune(space=Space(processors=4, items=8, batches=False))
    assert [each.candidate.instances for each in tuning.results] == [1, 2, 4]
    assert {each.candidate.batch_size for each in tuning.results} == {None}


def test_processors_limit_instances_and_clients_limit_batches() -> None:
    tuning = Computer(lambda each: each.instances + (each.batch_size or 0)).tune()
    assert tuning.best.candidate.instances == 4
    assert tuning.best.candidate.batch_size == 8


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
    result = CandidateResult(Candidate(), (new,))
    other = CandidateResult(Candidate(), (old,))
    assert better(result, other, limit) is is_better


def test_failed_candidate_is_never_better() -> None:
    other = CandidateResult(Candidate(), (point(1, 1, 1),))
    assert not better(CandidateResult(Candidate(), error="no"), other, None)


@pytest.mark.parametrize(
    "candidate",
    [
        Candidate(instances=3),
        Candidate(batch_size=16, delay=500, preferred=(8, 16)),
        Candidate(batch_size=4, delay=0),
    ],
)
@pytest.mark.parametrize(
    "before",
    [
        None,
        "dynamic_batching: {preferred_batch_sizes: [2]}\nmax_batch_size: 2\n"
        "instance_group: {count: 7, kind: KIND_CPU}\ntags: {team: vision}\n",
        '{\n\t"instance_group": {"kind": "KIND_CPU"},\n\t"tags": {"team": "vision"}\n}',
    ],
)
def test_keys_are_valid_in_deploy_yaml(candidate: Candidate, before: str | None) -> None:
    """The parser of deploy.yaml reads the keys back, and other keys stay."""
    spec = parse_deploy_spec(with_keys(before, candidate.keys()), origin="deploy.yaml")
    assert starting_point(spec, spec.max_batch_size or 0) == candidate
    if before:
        assert spec.tags == {"team": "vision"}
        assert spec.instance_group.kind == "KIND_CPU"


def test_powers_of_two() -> None:
    assert list(powers_of_two(2, 17)) == [2, 4, 8, 16]
    assert list(powers_of_two(1, 1)) == [1]
    assert list(powers_of_two(2, 1)) == []
