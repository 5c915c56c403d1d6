from __future__ import annotations

import queue
import threading

import pytest

from modeldrop.local.sagemaker.repetition import Repetition


def test_an_exception_ends_one_repetition_only(caplog: pytest.LogCaptureFixture) -> None:
    runs: queue.Queue[int] = queue.Queue()
    numbers = iter(range(1000))

    def task() -> None:
        runs.put(next(numbers))
        raise ValueError("no number")

    repetition = Repetition("counting", 0.01, task)
    assert [runs.get(timeout=10) for _ in range(3)] == [0, 1, 2]
    repetition.close(10)
    assert "counting" not in {each.name for each in threading.enumerate()}
    assert "counting: error of the local SageMaker" in caplog.text
    assert "ValueError: no number" in caplog.text


@pytest.mark.parametrize("once_more", [True, False])
def test_the_task_runs_a_last_time_if_necessary(once_more: bool) -> None:
    runs: list[int] = []
    repetition = Repetition("last", 600, lambda: runs.append(1), once_more=once_more)
    assert not repetition.closing.is_set()
    repetition.close(10)
    assert repetition.closing.is_set()
    assert runs == [1] * once_more
