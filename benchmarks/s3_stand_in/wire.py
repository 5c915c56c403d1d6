"""The emulated network: so many bytes a second each way, over all connections, and a delay."""

import threading
import time


class Direction:
    """One way of the wire."""

    def __init__(self, bytes_per_second: float | None) -> None:
        """Limit it; None: as fast as the loopback."""
        self._rate = bytes_per_second
        self._lock = threading.Lock()
        self._free_at = 0.0
        self.bytes = 0

    def pass_on(self, size: int) -> None:
        """Wait until so many bytes have had their time on the wire."""
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
    """Both ways, and the delay before each answer."""

    def __init__(self, bytes_per_second: float | None = None, latency_seconds: float = 0) -> None:
        """Give the limits."""
        self.received = Direction(bytes_per_second)
        self.sent = Direction(bytes_per_second)
        self.latency_seconds = latency_seconds
