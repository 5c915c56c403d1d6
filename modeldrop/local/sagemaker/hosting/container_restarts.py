"""Restarts containers whose tritonserver has ended, and fails endpoints after repeated restarts.

SageMaker checks the health of containers all the time (developer guide, "How Your Container Should
Respond to Health Check (Ping) Requests") and restarts them. AWS documents neither how often it
restarts them nor when it gives up: an endpoint on AWS may stay InService. Here it becomes Failed,
so that the status is correct.
"""

from __future__ import annotations

import logging
import threading
import time
from weakref import WeakKeyDictionary

from modeldrop.local.sagemaker.hosting.fleet import Fleet, RunningVariant
from modeldrop.local.sagemaker.hosting.fleet_starter import FleetStarter, ping_failure
from modeldrop.local.sagemaker.hosting.registry import Endpoint, Registry
from modeldrop.local.sagemaker.repetition import Repetition

_logger = logging.getLogger(__name__)

MAX_RESTARTS = 3
"""The maximum number of restarts of one variant within `_WINDOW_SECONDS`."""

_WINDOW_SECONDS = 600.0
_POLL_SECONDS = 0.3


class ContainerRestarts:
    """Watches the servers of all endpoints."""

    def __init__(self, registry: Registry, starter: FleetStarter) -> None:
        """Start to watch."""
        self._registry = registry
        self._starter = starter
        self._ends: WeakKeyDictionary[Fleet, dict[str, list[float]]] = WeakKeyDictionary()
        self._running: dict[tuple[Fleet, str], threading.Thread] = {}
        self._repetition = Repetition("container-restarts", _POLL_SECONDS, self._watch)

    def close(self) -> None:
        """Stop watching. Stop the fleets first; otherwise this waits for running restarts."""
        self._repetition.close()
        for thread in self._running.values():
            thread.join()

    def _watch(self) -> None:
        self._running = {key: run for key, run in self._running.items() if run.is_alive()}
        for endpoint, fleet, variant in self._variants():
            reason = variant.server.end()
            # A fleet that is stopping ends its servers itself.
            if reason is not None and not fleet.stopping.is_set():
                self._handle(endpoint, fleet, variant, reason)

    def _variants(self) -> list[tuple[Endpoint, Fleet, RunningVariant]]:
        """Return the variants of all endpoints, except those that are restarting."""
        with self._registry.lock:
            return [
                (endpoint, fleet, variant)
                for endpoint in self._registry.endpoints.values()
                for fleet in endpoint.fleets()
                for variant in fleet.variants
                if (fleet, variant.plan.name) not in self._running
            ]

    def _handle(
        self, endpoint: Endpoint, fleet: Fleet, variant: RunningVariant, reason: str
    ) -> None:
        ends = self._ends.setdefault(fleet, {}).setdefault(variant.plan.name, [])
        ends[:] = [each for each in ends if time.monotonic() - each < _WINDOW_SECONDS]
        if len(ends) >= MAX_RESTARTS:
            self._fail(endpoint, fleet, variant)
            return
        ends.append(time.monotonic())
        _logger.warning("%s: variant %s: %s", endpoint.name, variant.plan.name, reason)
        restart = threading.Thread(
            target=self._starter.restart,
            args=(endpoint.name, fleet, variant, reason),
            name=f"restart-{endpoint.name}",
        )
        self._running[fleet, variant.plan.name] = restart
        restart.start()

    def _fail(self, endpoint: Endpoint, fleet: Fleet, variant: RunningVariant) -> None:
        """Fail the endpoint, unless an update is about to replace the fleet."""
        with self._registry.lock:
            if endpoint.status != "InService" or endpoint.fleet is not fleet:
                return
            endpoint.fleet = None
            endpoint.set_status("Failed", ping_failure(variant.plan.name))
        _logger.error(
            "%s: Failed: the tritonserver of variant %s ended after %d restarts",
            endpoint.name,
            variant.plan.name,
            MAX_RESTARTS,
        )
        fleet.stop(drain=False)
