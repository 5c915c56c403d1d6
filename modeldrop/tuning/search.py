"""Searches for the fastest settings of deploy.yaml. The caller measures the candidates.

The search is a coordinate descent: it starts from the current settings and varies one key at a
time, from small values to large ones. It leaves a key after two consecutive values that are no
better. It stops when no key helps, or when the time is used up. Finally, it measures the best
candidate and the current settings again, because the best of many measurements is often only lucky.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from model_packager.spec.load_profile import NOISE, best_point
from modeldrop.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from model_packager.spec.load_profile import LoadPoint

    Measure = Callable[["Candidate"], tuple[LoadPoint, ...]]
    """Raises CandidateFailed if a candidate cannot be served."""

DELAYS = (0, 100, 500, 2_000, 5_000, 20_000)
"""The delays in microseconds. 100 is the default in deploy.yaml."""

MAX_INSTANCES = 8


class CandidateFailed(CommandError):
    """A candidate cannot be served or does not respond. The message has the reason."""


@dataclass(frozen=True)
class Candidate:
    """Settings to measure.

    Attributes:
        instances: the value of instance_group.count.
        batch_size: the maximum items in a dynamic batch; None for no dynamic batching and an
            unchanged max_batch_size.
        delay: the microseconds that a request may wait for a batch.
        preferred: the preferred batch sizes.
    """

    instances: int = 1
    batch_size: int | None = None
    delay: int = 100
    preferred: tuple[int, ...] = ()

    def keys(self) -> dict[str, Any]:
        """Return the keys of deploy.yaml for these settings."""
        instances = {"instance_group": {"count": self.instances}}
        if self.batch_size is None:
            return {"dynamic_batching": False, **instances}
        batching: dict[str, Any] = {"max_queue_delay_microseconds": self.delay}
        if self.preferred:
            batching["preferred_batch_sizes"] = list(self.preferred)
        return {"max_batch_size": self.batch_size, "dynamic_batching": batching, **instances}


@dataclass(frozen=True)
class CandidateResult:
    """The measurements of a candidate, or the error that prevented them."""

    candidate: Candidate
    points: tuple[LoadPoint, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class Tuning:
    """All results in order, starting with the current settings, and why the search stopped."""

    results: tuple[CandidateResult, ...]
    best: CandidateResult
    stopped: str


@dataclass(frozen=True)
class Space:
    """The settings that the search may vary.

    Attributes:
        processors: the number of processors; more model instances do not help.
        items: the maximum items in flight, which limits the size of a batch.
        batches: whether the model supports batching.
    """

    processors: int
    items: int
    batches: bool

    def variations(self, key: str, candidate: Candidate) -> Iterator[Candidate]:
        """Yield candidates that differ in one key, from its smallest value to its largest."""
        if key == "instances":
            for count in powers_of_two(1, min(self.processors, MAX_INSTANCES)):
                yield replace(candidate, instances=count)
        elif key == "batch_size" and self.batches:
            yield replace(candidate, batch_size=None, preferred=())
            for size in powers_of_two(2, self.items):
                yield replace(candidate, batch_size=size, preferred=())
        elif key == "delay" and candidate.batch_size is not None:
            for delay in DELAYS:
                yield replace(candidate, delay=delay)
        elif key == "preferred" and candidate.batch_size is not None:
            largest = candidate.batch_size
            for sizes in ((), (largest,), (max(largest // 2, 1), largest)):
                yield replace(candidate, preferred=tuple(sorted(set(sizes))))


KEYS = ("instances", "batch_size", "delay", "preferred")

MAX_FAILURES = 2
"""The search leaves a key after this many consecutive values that are no better."""


class _OutOfTime(Exception):
    pass


class Search:
    """A search. Its results are complete at any time, so an interruption loses none."""

    def __init__(
        self,
        max_p95_ms: float | None,
        watch: Callable[[CandidateResult], None] = lambda _result: None,
    ) -> None:
        """Prepare a search.

        Args:
            max_p95_ms: the limit of the p95 latency in milliseconds, which takes precedence over
                throughput; None for no limit.
            watch: called with each result.
        """
        self._limit = max_p95_ms
        self._watch = watch
        self._needed = 0.0
        self.results: list[CandidateResult] = []
        self.stopped = "Interrupted."

    def run(
        self,
        start: Candidate,
        space: Space,
        measure: Measure,
        seconds_left: Callable[[], float],
    ) -> None:
        """Search until no key helps, or until the time is used up.

        Args:
            start: the current settings.
            space: the settings that may vary.
            measure: serves a candidate, and runs a load test.
            seconds_left: returns the remaining seconds. A measurement starts only if they suffice
                for another one as long as the last.

        Raises:
            CandidateFailed: the current settings cannot be served.
        """
        self._measure, self._seconds_left = measure, seconds_left
        self.best = self._timed(lambda: CandidateResult(start, measure(start)))
        self._record(self.best)
        stopped = f"No other value of a single key is better by {NOISE:.0%}."
        try:
            while any([self._improve(key, space) for key in KEYS]):
                pass
        except _OutOfTime:
            stopped = "The time is used up."
        with suppress(_OutOfTime):
            self._confirm()
        self.stopped = stopped

    def tuning(self) -> Tuning:
        """Return the results so far; there is at least one."""
        return Tuning(tuple(self.results), self.best, self.stopped)

    def _improve(self, key: str, space: Space) -> bool:
        """Vary a key; return whether another value is better."""
        before, failures = self.best, 0
        for candidate in space.variations(key, self.best.candidate):
            if failures < MAX_FAILURES and candidate not in {e.candidate for e in self.results}:
                result = self._record(self._try(candidate, reserve=2))  # reserves time for _confirm
                failures = 0 if better(result, self.best, self._limit) else failures + 1
                self.best = self.best if failures else result
        return self.best is not before

    def _confirm(self) -> None:
        """Return to the current settings unless the best candidate beats them a second time."""
        first = self.results[0]
        if self.best is not first:
            again, best = self._try(first.candidate), self._try(self.best.candidate)
            if again.points and not better(best, again, self._limit):
                self.best = first

    def _try(self, candidate: Candidate, *, reserve: int = 0) -> CandidateResult:
        """Measure a candidate if the time suffices for it and `reserve` more measurements."""
        if self._seconds_left() < self._needed * (1 + reserve):
            raise _OutOfTime
        return self._timed(lambda: _measured(candidate, self._measure))

    def _timed(self, run: Callable[[], CandidateResult]) -> CandidateResult:
        before = self._seconds_left()
        result = run()
        self._needed = before - self._seconds_left()
        return result

    def _record(self, result: CandidateResult) -> CandidateResult:
        self.results.append(result)
        self._watch(result)
        return result


def _measured(candidate: Candidate, measure: Measure) -> CandidateResult:
    try:
        return CandidateResult(candidate, measure(candidate))
    except CandidateFailed as error:
        return CandidateResult(candidate, error=str(error))


def better(result: CandidateResult, other: CandidateResult, max_p95_ms: float | None) -> bool:
    """Return whether a result is better than the other by more than noise.

    Within the latency limit, more items per second are better. If neither result is within the
    limit, the shorter latency is better.
    """
    if not result.points:
        return False
    new, old = best_point(result.points, max_p95_ms), best_point(other.points, max_p95_ms)
    if new and old:
        return new.items_per_second > old.items_per_second * (1 + NOISE)
    if new or old:
        return new is not None
    return shortest(result.points) < shortest(other.points) * (1 - NOISE)


def shortest(points: Sequence[LoadPoint]) -> float:
    """Return the shortest 95th percentile of all levels, in milliseconds."""
    return min(each.p95_ms for each in points)


def powers_of_two(least: int, most: int) -> Iterator[int]:
    """Yield the powers of two from `least`, itself a power of two, to `most`."""
    while least <= most:
        yield least
        least *= 2
