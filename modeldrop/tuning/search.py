"""The search for the keys of deploy.yaml that make the most of a computer; trials are given to it.

Coordinate descent: from the settings as they are, one key after the other is tried at its other
values, from small to large until two in a row are no better; the best is kept, until no key helps
any more or the time is over. Then the best is held against the settings as they are once more:
of many measurements, the best is often the luckiest.
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
    """Raises CandidateFailed where a candidate cannot be served."""

DELAYS = (0, 100, 500, 2_000, 5_000, 20_000)
"""Microseconds. 100 is what deploy.yaml takes where nothing is said."""

MAX_COPIES = 8


class CandidateFailed(CommandError):
    """A candidate cannot be served, or does not answer; the message says why."""


@dataclass(frozen=True)
class Candidate:
    """Settings to try.

    Attributes:
        copies: instance_group.count.
        joined: at most so many items share a run; None: no dynamic batching, and the largest batch
            as it was.
        delay: microseconds that a request may wait for others, where they are joined.
        preferred: sizes to run as soon as they are reached, where they are joined.
    """

    copies: int = 1
    joined: int | None = None
    delay: int = 100
    preferred: tuple[int, ...] = ()

    def keys(self) -> dict[str, Any]:
        """Give the keys of deploy.yaml that say so."""
        copies = {"instance_group": {"count": self.copies}}
        if self.joined is None:
            return {"dynamic_batching": False, **copies}
        batching: dict[str, Any] = {"max_queue_delay_microseconds": self.delay}
        if self.preferred:
            batching["preferred_batch_sizes"] = list(self.preferred)
        return {"max_batch_size": self.joined, "dynamic_batching": batching, **copies}


@dataclass(frozen=True)
class Trial:
    """What a candidate showed; `problem` says why it showed nothing."""

    candidate: Candidate
    points: tuple[LoadPoint, ...] = ()
    problem: str | None = None


@dataclass(frozen=True)
class Tuning:
    """All trials in order, the first being the settings as they were; and why there are no more."""

    trials: tuple[Trial, ...]
    best: Trial
    stopped: str


@dataclass(frozen=True)
class Space:
    """What may be tried.

    Attributes:
        processors: of the computer; more copies than these would only share them.
        items: which may be on their way at a time: no run can join more.
        batches: the model takes batches.
    """

    processors: int
    items: int
    batches: bool

    def others(self, key: str, than: Candidate) -> Iterator[Candidate]:
        """Give the candidates that differ in one key, from the smallest value to the largest."""
        if key == "copies":
            for count in powers_of_two(1, min(self.processors, MAX_COPIES)):
                yield replace(than, copies=count)
        elif key == "joined" and self.batches:
            yield replace(than, joined=None, preferred=())
            for size in powers_of_two(2, self.items):
                yield replace(than, joined=size, preferred=())
        elif key == "delay" and than.joined is not None:
            for delay in DELAYS:
                yield replace(than, delay=delay)
        elif key == "preferred" and than.joined is not None:
            for sizes in ((), (than.joined,), (max(than.joined // 2, 1), than.joined)):
                yield replace(than, preferred=tuple(sorted(set(sizes))))


KEYS = ("copies", "joined", "delay", "preferred")

ENOUGH_IN_VAIN = 2
"""Values of a key in a row that are no better: larger ones will not be either."""


def tune(
    start: Candidate,
    space: Space,
    measure: Measure,
    *,
    max_p95_ms: float | None,
    seconds_left: Callable[[], float],
    watch: Callable[[Trial], None] = lambda _trial: None,
) -> Tuning:
    """Search. Ctrl-C ends it with what has been found.

    Args:
        start: the settings as they are.
        space: what may be tried.
        measure: serves a candidate and puts it under load.
        max_p95_ms: the latency limit, which comes before throughput; None for none.
        seconds_left: of the time budget; a trial is begun only where one like the last would fit.
        watch: is given each trial.

    Raises:
        CandidateFailed: the settings as they are cannot be served.
    """
    search = _Search(measure, max_p95_ms, seconds_left, watch)
    try:
        stopped = search.run(start, space)
    except KeyboardInterrupt:
        if not search.trials:
            raise
        stopped = "It was interrupted."
    return Tuning(tuple(search.trials), search.best, stopped)


class _OutOfTime(Exception):
    pass


class _Search:
    """What has been tried so far."""

    def __init__(
        self,
        measure: Measure,
        max_p95_ms: float | None,
        seconds_left: Callable[[], float],
        watch: Callable[[Trial], None],
    ) -> None:
        self._measure = measure
        self._limit = max_p95_ms
        self._seconds_left = seconds_left
        self._watch = watch
        self._needed = 0.0
        self.trials: list[Trial] = []

    def run(self, start: Candidate, space: Space) -> str:
        """Search to the end, and say why there is no more to try."""
        self.best = self._timed(lambda: Trial(start, self._measure(start)))
        self._noted(self.best)  # after it is kept: Ctrl-C may come while it is shown
        stopped = f"No other value of a single key is better by {NOISE:.0%}."
        try:
            while any([self._improve(key, space) for key in KEYS]):
                pass
        except _OutOfTime:
            stopped = "The time is used up."
        with suppress(_OutOfTime):
            self._confirm()
        return stopped

    def _improve(self, key: str, space: Space) -> bool:
        """Try a key's other values; tell whether one is better."""
        before, in_vain = self.best, 0
        for candidate in space.others(key, self.best.candidate):
            if in_vain < ENOUGH_IN_VAIN and candidate not in {t.candidate for t in self.trials}:
                trial = self._noted(self._try(candidate, keep=2))  # for _confirm
                in_vain = 0 if better(trial, self.best, self._limit) else in_vain + 1
                self.best = self.best if in_vain else trial
        return self.best is not before

    def _confirm(self) -> None:
        """Take the settings as they are where the best does not beat them a second time."""
        first = self.trials[0]
        if self.best is not first:
            again, best = self._try(first.candidate), self._try(self.best.candidate)
            if again.points and not better(best, again, self._limit):
                self.best = first

    def _try(self, candidate: Candidate, *, keep: int = 0) -> Trial:
        """Try a candidate where the time suffices for it, and for `keep` more trials."""
        if self._seconds_left() < self._needed * (1 + keep):
            raise _OutOfTime
        return self._timed(lambda: _tried(candidate, self._measure))

    def _timed(self, run: Callable[[], Trial]) -> Trial:
        before = self._seconds_left()
        trial = run()
        self._needed = before - self._seconds_left()
        return trial

    def _noted(self, trial: Trial) -> Trial:
        self.trials.append(trial)
        self._watch(trial)
        return trial


def _tried(candidate: Candidate, measure: Measure) -> Trial:
    try:
        return Trial(candidate, measure(candidate))
    except CandidateFailed as error:
        return Trial(candidate, problem=str(error))


def better(trial: Trial, than: Trial, max_p95_ms: float | None) -> bool:
    """Tell whether a trial is better, by more than noise.

    Within the limit more items a second are; where neither is within it, the shorter latency.
    """
    if not trial.points:
        return False
    new, old = best_point(trial.points, max_p95_ms), best_point(than.points, max_p95_ms)
    if new and old:
        return new.items_per_second > old.items_per_second * (1 + NOISE)
    if new or old:
        return new is not None
    return shortest(trial.points) < shortest(than.points) * (1 - NOISE)


def shortest(points: Sequence[LoadPoint]) -> float:
    """Give the shortest 95th percentile of all levels."""
    return min(each.p95_ms for each in points)


def powers_of_two(least: int, most: int) -> Iterator[int]:
    """Give the powers of two from `least`, which is one, up to `most`."""
    while least <= most:
        yield least
        least *= 2
