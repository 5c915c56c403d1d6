"""A thread that repeats a task, for example the evaluation of alarms."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_logger = logging.getLogger(__name__)


class Repetition:
    """Repeats a task in a thread until it is closed. An exception ends only one repetition.

    Attributes:
        closing: is set as soon as `close` is called.
    """

    def __init__(
        self, name: str, seconds: float, task: Callable[[], object], *, once_more: bool = False
    ) -> None:
        """Start the thread.

        Args:
            name: the name of the thread, for the log.
            seconds: the pause before each repetition.
            task: the task.
            once_more: whether to run the task a last time after `close`.
        """
        self.closing = threading.Event()
        self._seconds = seconds
        self._task = task
        self._once_more = once_more
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self, timeout_seconds: float | None = None) -> None:
        """End the thread, and wait for it, at most `timeout_seconds`."""
        self.closing.set()
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while not self.closing.wait(self._seconds):
            self._repeat()
        if self._once_more:
            self._repeat()

    def _repeat(self) -> None:
        try:
            self._task()
        except Exception:  # otherwise one error would end the task for good
            _logger.exception("%s: error of the local SageMaker", self._thread.name)
