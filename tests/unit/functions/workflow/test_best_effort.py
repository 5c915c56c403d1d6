from __future__ import annotations

import pytest

from workflow.best_effort import best_effort


@pytest.mark.parametrize(("failures", "fact"), [(0, "read"), (2, "read"), (3, "unknown")])
def test_fact_is_read_three_times_at_most(failures: int, fact: str) -> None:
    attempts: list[int] = []

    def read() -> str:
        attempts.append(1)
        if len(attempts) <= failures:
            raise OSError("AWS is busy")
        return "read"

    assert best_effort("the fact", read, "unknown") == fact
    assert len(attempts) == min(failures + 1, 3)
