"""The smoke test ends itself before Lambda ends it, which would leave no word of why."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from collections.abc import Callable

BUDGET_SECONDS = 600
"""The function has 890 s (template.yaml); a request that is on its way may take 65 more."""


class TimeBudget:
    """Counts from its making."""

    def __init__(
        self, seconds: float = BUDGET_SECONDS, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Start the clock.

        Args:
            seconds: how long requests may be sent.
            now: a clock, in seconds.
        """
        self._seconds = seconds
        self._now = now
        self._end = now() + seconds

    def expect_left(self, done: str) -> None:
        """Refuse to go on where the time is used up.

        Args:
            done: how far the smoke test has got, in words.

        Raises:
            SmokeTestFailed: the time is used up.
        """
        if self._now() >= self._end:
            raise SmokeTestFailed(
                f"The {self._seconds:g} s that the smoke test may take are used up: {done}.",
                "Use a faster instance type (endpoint.instance_type in deploy.yaml) or fewer "
                "requests (smoke_test.requests), then drop the model again.",
            )
