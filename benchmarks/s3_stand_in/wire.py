"""Emulates a network, with a bandwidth in each direction for all connections, and a latency."""

import threading
import time


class Direction:
    """One direction of the network."""

    def __init__(self, bytes_per_second: float | None) -> None:
        """Limit the bandwidth; None for no limit."""
        self._rate = bytes_per_second
        self._lock = threading.Lock()
        self._free_at = 0.0
        self.bytes = 0

    def pass_on(self, size: int) -> None:
        """Wait as long as the transfer of `size` bytes takes."""
        with self._lock:
            self.bytes += size
            if self._rate is None:
                return
            begin = max(self._free_at, time.monotonic())
            self._free_at = begin + size / self._rate
            wait = self._free_at - time.monotonic()
        if wait > 0:
            time.sleep(wait)


class Wire:
    """Both directions, and the latency of each response."""

    def __init__(self, bytes_per_second: float | None = None, latency_seconds: float = 0) -> None:
        """Set the limits."""
        self.received = Direction(bytes_per_second)
        self.sent = Direction(bytes_per_second)
        self.latency_seconds = latency_seconds
