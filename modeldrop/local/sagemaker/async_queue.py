"""The queue of an asynchronous endpoint. It outlives the fleets of the endpoint."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, eq=False)
class AsyncRequest:
    """An accepted request.

    Attributes:
        inference_id: of the response, the output's name and the notification.
        input_location: S3 URI of the input; empty if the request carried it.
        body: the input that the request carried.
        headers: for the container, with names in lower case.
        output_location, failure_location: S3 URIs of the objects to write; no failure object if the
            second is None.
        success_topic, error_topic: SNS topics; None for none.
        timeout_seconds: how long the container may take.
        expires: end of its time in the queue, by the monotonic clock.
        received: when it was accepted, in seconds since 1970.
    """

    inference_id: str
    input_location: str
    body: bytes
    headers: Mapping[str, str]
    output_location: str
    failure_location: str | None
    success_topic: str | None
    error_topic: str | None
    timeout_seconds: float
    expires: float
    received: float = field(default_factory=time.time)


@dataclass(frozen=True)
class Backlog:
    """What is in a queue: requests that wait or run, and the age of the oldest in seconds."""

    size: int
    waiting: int
    oldest_seconds: float


class AsyncQueue:
    """Requests of one endpoint, first in, first out. Each is taken once. Thread-safe."""

    def __init__(self) -> None:
        """Start empty."""
        self._changed = threading.Condition()
        self._waiting: deque[AsyncRequest] = deque()
        self._running: set[AsyncRequest] = set()
        self._closed = False

    @property
    def is_closed(self) -> bool:
        """Whether the endpoint is being deleted."""
        return self._closed

    def put(self, request: AsyncRequest) -> None:
        """Add a request."""
        with self._changed:
            self._waiting.append(request)
            self._changed.notify()

    def wait_for_request(self, seconds: float) -> bool:
        """Wait until a request waits; false after this time, and once the queue is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, seconds)
            return bool(self._waiting)

    def take(self) -> AsyncRequest | None:
        """Take the oldest waiting request; None if there is none."""
        with self._changed:
            if not self._waiting:
                return None
            request = self._waiting.popleft()
            self._running.add(request)
            return request

    def finish(self, request: AsyncRequest) -> None:
        """Forget a request that was taken."""
        with self._changed:
            self._running.discard(request)

    def close(self) -> None:
        """Discard the waiting requests. AWS does not document what happens to them."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()

    def backlog(self) -> Backlog:
        """Count the requests."""
        with self._changed:
            received = [each.received for each in (*self._running, *self._waiting)]
            oldest = time.time() - min(received) if received else 0.0
            return Backlog(len(received), len(self._waiting), max(oldest, 0.0))
