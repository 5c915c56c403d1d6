"""Waiting for a condition, and whether a process is alive."""

from __future__ import annotations

import time
from collections.abc import Callable

from modeldrop.local import process


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether the condition holds before the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_alive(pid: int) -> bool:
    return process._started(pid) is not None
