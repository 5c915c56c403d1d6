"""Sends requests continuously, and counts the responses by model version."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import tritonclient.http as triton

if TYPE_CHECKING:
    from tests.workflow.drops import Cloud

BINARY = "application/vnd.sagemaker-triton.binary+json;json-header-size="
ROWS = np.array([[1, 2], [4, 8]], np.float32)


@dataclass
class Load:
    """The complete responses by the factor of their model, and all other results."""

    answers: Counter[float] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: float | str) -> None:
        with self._lock:
            if isinstance(answer, str):
                self.failures.append(answer)
            else:
                self.answers[answer] += 1

    def since(self) -> Counter[float]:
        """Return the responses since the previous call."""
        with self._lock:
            answers, self.answers = self.answers, Counter()
            return answers


@contextmanager
def load_on(cloud: Cloud, model: str, clients: int = 2) -> Iterator[Load]:
    """Send binary requests during a `with` block, one after the other from each client."""
    with load_of(lambda: lambda: ask(cloud, model), clients) as load:
        yield load


@contextmanager
def load_of(client: Callable[[], Callable[[], np.ndarray]], clients: int = 2) -> Iterator[Load]:
    """Call the model with ROWS, as `load_on` does. Each thread creates a separate client."""
    load, enough = Load(), threading.Event()

    def send() -> None:
        call = client()
        while not enough.wait(0.02):
            try:
                load.note(factor_of(call()))
            except Exception as error:
                load.note(repr(error))

    threads = [threading.Thread(target=send) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        enough.set()
        for thread in threads:
            thread.join()


def ask(cloud: Cloud, model: str) -> np.ndarray:
    """Send a request with two rows, and return the output."""
    tensor = triton.InferInput("x", list(ROWS.shape), "FP32")
    tensor.set_data_from_numpy(ROWS, binary_data=True)
    wanted = triton.InferRequestedOutput("y", binary_data=True)
    body, header = triton.InferenceServerClient.generate_request_body([tensor], outputs=[wanted])
    content, content_type = cloud.invoke(model, body, f"{BINARY}{header}")
    length = int(content_type.removeprefix(BINARY))
    parsed = triton.InferenceServerClient.parse_response_body(content, header_length=length)
    answer: np.ndarray = parsed.as_numpy("y")
    return answer


def factor_of(answer: np.ndarray) -> float | str:
    """Return the factor that explains every value, or a text if there is none."""
    factors = set((answer / ROWS).flatten().tolist())
    return factors.pop() if len(factors) == 1 else f"a mixed answer: {answer.tolist()}"
