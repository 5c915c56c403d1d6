"""Hypothesis settings, and the assertion of the tests with damaged input.

The examples are the same in every run. `HYPOTHESIS_EXAMPLES=100000` tries more.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

from model_packager.rejection import Rejection

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_SECONDS = 3.0
"""The maximum CPU time for a file in seconds. The slowest file so far took 0.3 s."""

fuzzed = settings(
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "200")),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def assert_read_or_rejected(read: Callable[[], object]) -> None:
    """Assert that a reader accepts or rejects its input in time.

    Much damage has no effect, so it need not reject.
    """
    start = time.process_time()
    try:
        read()
    except Rejection as rejection:
        assert rejection.cause  # noqa: PT017
        assert rejection.fix  # noqa: PT017
        assert len(str(rejection)) < 5000  # noqa: PT017
    assert time.process_time() - start < MAX_SECONDS
