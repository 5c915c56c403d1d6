"""Waits for conditions, and checks whether processes are alive."""

from __future__ import annotations

import time
from collections.abc import Callable

from modeldrop.local import process


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Poll a condition, and return whether it became true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_alive(pid: int) -> bool:
    return process._started(pid) is not None
