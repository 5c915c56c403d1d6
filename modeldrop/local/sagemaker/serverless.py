"""Serverless endpoints: a request starts the container, which stops when it is idle.

AWS documents neither how long an idle container keeps running nor the message for too many
concurrent requests ("you can have … concurrent requests", developer guide, "Serverless Inference");
both are ours. One container serves all concurrent requests here.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus

from modeldrop.local.sagemaker.errors import ApiError
from modeldrop.local.sagemaker.hosting.fleet import Fleet
from modeldrop.local.sagemaker.hosting.fleet_starter import FleetStarter, HostingFailed
from modeldrop.local.sagemaker.hosting.registry import Endpoint, Registry
from modeldrop.local.sagemaker.repetition import Repetition

_logger = logging.getLogger(__name__)

IDLE_MINUTES = 5
_POLL_SECONDS = 0.2


class Serverless:
    """Starts and stops the containers of serverless endpoints."""

    def __init__(self, registry: Registry, starter: FleetStarter, minute: float) -> None:
        """Start the thread that stops idle containers.

        Args:
            registry: the endpoints.
            starter: starts containers.
            minute: the length of a minute in seconds.
        """
        self._registry = registry
        self._starter = starter
        self._idle_seconds = IDLE_MINUTES * minute
        self._lock = threading.Lock()
        self._starting: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._running: Counter[str] = Counter()
        self._used: dict[str, float] = {}
        self._repetition = Repetition("serverless", _POLL_SECONDS, self._stop_idle)

    def close(self) -> None:
        """Stop the thread; afterwards no container starts."""
        self._repetition.close()

    @contextmanager
    def request(self, endpoint: str, most: int) -> Iterator[None]:
        """Count a concurrent request.

        Raises:
            ApiError: MaxConcurrency requests are already running.
        """
        with self._lock:
            if self._running[endpoint] >= most:
                raise ApiError(
                    "ThrottlingException",
                    f"Endpoint {endpoint} runs {most} requests, its MaxConcurrency.",
                    HTTPStatus.TOO_MANY_REQUESTS,
                )
            self._running[endpoint] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[endpoint] -= 1
                self._used[endpoint] = time.monotonic()

    def warm(self, endpoint: Endpoint, use: ExitStack) -> Fleet:
        """Return the endpoint's fleet with a running container, which keeps running during `use`.

        Raises:
            ApiError: the container does not start.
        """
        with self._starting[endpoint.name]:
            with self._registry.lock:
                fleet = endpoint.next_fleet()
                if fleet is not None and fleet.variants:
                    use.enter_context(fleet.in_use())
                    return fleet
            if fleet is None:
                raise _not_ready(endpoint.name, "it is being deleted")
            try:
                started = self._starter.start(endpoint.name, fleet.plan, self._repetition.closing)
            except HostingFailed as error:
                raise _not_ready(endpoint.name, str(error)) from error
            with self._registry.lock:
                if endpoint.fleet is fleet:
                    endpoint.fleet = started
                    use.enter_context(started.in_use())
                    return started
            started.stop(drain=False)  # an update or a deletion was faster
            raise _not_ready(endpoint.name, "it was updated")

    def _stop_idle(self) -> None:
        for endpoint, fleet in self._idle():
            _logger.info("%s: stops its idle container", endpoint.name)
            fleet.stop(drain=True)

    def _idle(self) -> list[tuple[Endpoint, Fleet]]:
        """Detach and return the fleets of idle endpoints. They get no more requests."""
        stopped = []
        now = time.monotonic()
        with self._registry.lock, self._lock:
            for endpoint in self._registry.endpoints.values():
                fleet = endpoint.fleet
                if fleet is None or not fleet.variants or not fleet.plan.is_serverless:
                    continue
                used = self._used.setdefault(endpoint.name, now)
                if self._running[endpoint.name] == 0 and now - used >= self._idle_seconds:
                    endpoint.fleet = Fleet(fleet.plan, ())
                    stopped.append((endpoint, fleet))
        return stopped


def _not_ready(endpoint: str, reason: str) -> ApiError:
    return ApiError(
        "ModelNotReadyException",
        f"The container of endpoint {endpoint} does not run: {reason}",
        HTTPStatus.TOO_MANY_REQUESTS,
    )
