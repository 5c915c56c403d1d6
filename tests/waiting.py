"""Waits for conditions, and checks whether processes are alive."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from modeldrop.local import process

T = TypeVar("T")


def until(
    condition: Callable[[], T | None],
    seconds: float = 240,
    *,
    pause_seconds: float = 0.05,
    problem: str = "the condition is still false",
) -> T:
    """Poll until the condition returns a true value, and return the value.

    Args:
        condition: the function to call.
        seconds: the time limit.
        pause_seconds: the time between two calls.
        problem: the message if the time is over.

    Raises:
        TimeoutError: the condition did not become true in time.
    """
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {seconds:g} s: {problem}")
        time.sleep(pause_seconds)
    return result


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Poll a condition, and return whether it became true in time."""
    try:
        return until(condition, seconds, pause_seconds=0.02)
    except TimeoutError:
        return False


def is_alive(pid: int) -> bool:
    return process._started(pid) is not None
