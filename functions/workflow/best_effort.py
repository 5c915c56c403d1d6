"""Reads facts for a notification, which is sent without them if AWS does not answer."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

from aws_lambda_powertools import Logger

if TYPE_CHECKING:
    from collections.abc import Callable

Fact = TypeVar("Fact")

SECONDS = 15
"""The time for one fact. botocore alone would wait for 60 seconds, longer than a function runs."""

_PAUSES = (0.5, 1)
"""Seconds before the second and the third attempt, in case AWS is only busy."""

logger = Logger()


def best_effort(what: str, read: Callable[[], Fact], unknown: Fact) -> Fact:
    """Return a fact, or `unknown` if reading it fails three times or takes too long.

    Args:
        what: the name of the fact, for the log.
        read: reads the fact, in its own thread, which may outlive this call.
        unknown: the value to return instead.
    """
    facts: list[Fact] = []

    def run() -> None:
        for pause in (*_PAUSES, 0):
            try:
                facts.append(read())
            except Exception:
                logger.exception(f"Reading {what} failed.")
                time.sleep(pause)
            else:
                return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(SECONDS)
    if thread.is_alive():
        logger.warning(f"Reading {what} takes more than {SECONDS:g} seconds.")
    return facts[0] if facts else unknown
