"""Continuous requests to the models of `python_scale`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import numpy as np

from tests.binary_inference import binary_request, binary_result
from tests.continuous_requests import Load, load_of

if TYPE_CHECKING:
    from tests.workflow.drops import Cloud

ROWS = np.array([[1, 2], [4, 8]], np.float32)


def load_on(cloud: Cloud, model: str) -> AbstractContextManager[Load]:
    """Send binary requests during a `with` block."""
    return load_of_rows(lambda: lambda: ask(cloud, model))


def load_of_rows(client: Callable[[], Callable[[], np.ndarray]]) -> AbstractContextManager[Load]:
    """Send ROWS during a `with` block. Each thread creates a client, which returns the output."""

    def create() -> Callable[[], float | str]:
        call = client()
        return lambda: factor_of(call())

    return load_of(create)


def ask(cloud: Cloud, model: str) -> np.ndarray:
    """Send a request with two rows, and return the output."""
    body, content_type = binary_request({"x": ROWS}, ["y"])
    answer: np.ndarray = binary_result(*cloud.invoke(model, body, content_type)).as_numpy("y")
    return answer


def factor_of(answer: np.ndarray) -> float | str:
    """Return the factor that explains every value, or a text if there is none."""
    factors = set((answer / ROWS).flatten().tolist())
    return factors.pop() if len(factors) == 1 else f"a mixed answer: {answer.tolist()}"
