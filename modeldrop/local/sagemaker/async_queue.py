"""The queue of an asynchronous endpoint, which updates of the endpoint keep."""

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
        inference_id: the ID in the response, the output's name and the notification.
        input_location: the S3 URI of the input; empty if the request has the input.
        body: the input in the request; empty with `input_location`.
        headers: the headers for the container, with names in lower case.
        output_location, failure_location: the S3 URIs of the objects to write. If
            `failure_location` is None, there is no failure object.
        success_topic, error_topic: the ARNs of the SNS topics, or None.
        timeout_seconds: the time limit for the container.
        expires: when the request expires in the queue, by the monotonic clock.
        received: when the request was accepted, in seconds since 1970.
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
    """The requests in a queue that wait or run, and the age of the oldest in seconds."""

    size: int
    waiting: int
    oldest_seconds: float


class AsyncQueue:
    """The requests of one endpoint, first in, first out. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[AsyncRequest] = deque()
        self._running: set[AsyncRequest] = set()
        self.closed = threading.Event()
        """Is set when the endpoint is being deleted."""

    def put(self, request: AsyncRequest) -> None:
        """Add a request."""
        with self._changed:
            self._waiting.append(request)
            self._changed.notify()

    def wait_for_request(self, seconds: float) -> bool:
        """Wait until the queue has a request.

        Return False after this time, or once it is closed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self.closed.is_set(), seconds)
            return bool(self._waiting)

    def take(self) -> AsyncRequest | None:
        """Take the oldest waiting request; None if the queue is empty."""
        with self._changed:
            if not self._waiting:
                return None
            request = self._waiting.popleft()
            self._running.add(request)
            return request

    def finish(self, request: AsyncRequest) -> None:
        """Remove a request that was taken."""
        with self._changed:
            self._running.discard(request)

    def close(self) -> None:
        """Discard the waiting requests. AWS does not document what happens to them."""
        with self._changed:
            self.closed.set()
            self._waiting.clear()
            self._changed.notify_all()

    def backlog(self) -> Backlog:
        """Return the size of the queue."""
        with self._changed:
            received = [each.received for each in (*self._running, *self._waiting)]
            oldest = time.time() - min(received) if received else 0.0
            return Backlog(len(received), len(self._waiting), max(oldest, 0.0))
