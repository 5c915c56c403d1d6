"""Sends requests continuously, and counts the responses by the factor of their model."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PAUSE_SECONDS = 0.02
"""Between a response and the next request of a client: a request is nearly always running, and the
tests leave most of the CPU to the system under test."""


@dataclass
class Load:
    """The complete responses by the factor of their model, and all other results."""

    answers: Counter[float] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: float | str) -> None:
        with self._lock:
            if isinstance(answer, str):
                self.failures.append(answer)
            else:
                self.answers[answer] += 1

    def since(self) -> Counter[float]:
        """Return the responses since the previous call."""
        with self._lock:
            answers, self.answers = self.answers, Counter()
            return answers

    def total(self) -> int:
        """Return the number of results."""
        with self._lock:
            return self.answers.total() + len(self.failures)


@contextmanager
def load_of(client: Callable[[], Callable[[], float | str]], clients: int = 2) -> Iterator[Load]:
    """Call a model during a `with` block, one request after the other from each client.

    Args:
        client: creates the client of a thread, which returns the model's factor, or the text of
            a failure.
        clients: the number of threads.
    """
    load, enough = Load(), threading.Event()

    def send() -> None:
        call = client()
        while not enough.wait(PAUSE_SECONDS):
            try:
                load.note(call())
            except Exception as error:
                load.note(repr(error))

    threads = [threading.Thread(target=send) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        enough.set()
        for thread in threads:
            thread.join()
