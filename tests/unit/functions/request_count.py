"""Counts the requests that a client sends, with botocore's events."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def counted(client: Any) -> Iterator[Counter[str]]:
    """Count requests by operation, such as GetObject, during a `with` block."""
    counts: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        counts[model.name] += 1

    client.meta.events.register("before-call", count)
    try:
        yield counts
    finally:
        client.meta.events.unregister("before-call", count)
