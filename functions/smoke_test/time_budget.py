"""Ends the smoke test with an error before Lambda's timeout, which would give no reason."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from model_packager.error_message import Remedy
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_packager.spec.hosting_mode import HostingMode

BUDGET_SECONDS = 600
"""The function has 890 s (template.yaml), and a request in progress may take 65 s more."""

ASYNC_BUDGET_SECONDS = 780
"""The first request may start an instance: the alarm takes two minutes, the start a few more."""


_GRACE_SECONDS = 90
"""The time for a request that starts just before the end: 780 s and 90 s are less than 890 s."""


def budget_seconds(hosting: HostingMode) -> float:
    """Return how long the smoke test may send requests."""
    return ASYNC_BUDGET_SECONDS if hosting.is_async else BUDGET_SECONDS


class TimeBudget:
    """The time that the smoke test may take. The clock starts with the construction."""

    def __init__(
        self, seconds: float = BUDGET_SECONDS, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Start the clock.

        Args:
            seconds: how long the test may send requests.
            now: a clock, in seconds.
        """
        self._seconds = seconds
        self._now = now
        self._end = now() + seconds

    def spent(self) -> float:
        """Return how many seconds have passed."""
        return self._now() - (self._end - self._seconds)

    def longest_wait(self) -> float:
        """Return how many seconds a request may wait for its result."""
        return max(self._end - self._now(), 0) + _GRACE_SECONDS

    def require_time_left(self, progress: str) -> None:
        """Raise an error if the time is used up.

        Args:
            progress: a description of what the smoke test has done so far.

        Raises:
            SmokeTestFailed: the time is used up.
        """
        if self._now() >= self._end:
            raise SmokeTestFailed(
                f"The smoke test used up its {self._seconds:g} s: {progress}.",
                "In deploy.yaml, set a faster endpoint.instance_type or fewer smoke_test.requests, "
                "then upload deploy.yaml.",
                remedy=Remedy.CORRECT_SPEC,
            )
