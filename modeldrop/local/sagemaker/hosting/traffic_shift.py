"""Shifts an update's traffic to the new fleet in steps, and back if an alarm goes into ALARM.

Each request goes to exactly one fleet, chosen under the registry's lock. A fleet stops only after
its last request.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from modeldrop.local.sagemaker.hosting.deployment_policy import DeploymentPolicy
from modeldrop.local.sagemaker.hosting.fleet import Fleet
from modeldrop.local.sagemaker.hosting.registry import DeploymentStage, Endpoint, Registry

_POLL_SECONDS = 0.1

TrippedAlarms = Callable[[Sequence[str]], Sequence[str]]


class RolledBack(Exception):
    """The old fleet has all traffic again. The text is the endpoint's FailureReason."""


class TrafficShift:
    """Shifts the traffic of one update from the old fleet to the new one."""

    def __init__(
        self,
        registry: Registry,
        endpoint: Endpoint,
        policy: DeploymentPolicy,
        tripped: TrippedAlarms,
        closing: threading.Event,
    ) -> None:
        """Start the time limit of MaximumExecutionTimeoutInSeconds."""
        self._registry = registry
        self._endpoint = endpoint
        self._policy = policy
        self._tripped = tripped
        self._closing = closing
        self._deadline = time.monotonic() + policy.maximum_seconds

    def run(self, new: Fleet) -> Fleet | None:
        """Shift all traffic to `new`.

        Returns:
            The old fleet, which gets no more requests.

        Raises:
            RolledBack: `new` gets no more requests, because of an alarm, the time limit or
                `closing`.
        """
        self._require_time()
        with self._registry.lock:
            self._endpoint.incoming, self._endpoint.incoming_share = new, 0.0
        try:
            for share in self._policy.shares:
                self._set_share(share)
                self._bake(self._policy.wait_seconds)
            self._bake(self._policy.termination_wait_seconds)
        except BaseException:
            for share in self._policy.rollback_shares:
                self._set_share(share)
            with self._registry.lock:
                self._endpoint.incoming = None
            raise
        with self._registry.lock:
            old, self._endpoint.fleet = self._endpoint.fleet, new
            self._endpoint.incoming = None
        return old

    def _set_share(self, share: float) -> None:
        with self._registry.lock:
            self._endpoint.incoming_share = share
            self._enter("ActivatingTraffic")

    def _bake(self, seconds: float) -> None:
        """Watch the alarms for a number of seconds; check them at least once."""
        with self._registry.lock:
            self._enter("Baking")
        end = time.monotonic() + seconds
        while True:
            self._require_time()
            tripped = self._tripped(self._policy.alarms)
            if tripped:
                raise RolledBack(rolled_back_by(tripped))
            left = end - time.monotonic()
            if left <= 0:
                return
            if self._closing.wait(min(left, _POLL_SECONDS)):
                raise RolledBack("The local SageMaker is stopping.")

    def _require_time(self) -> None:
        if time.monotonic() > self._deadline:
            raise RolledBack(
                "The deployment took longer than MaximumExecutionTimeoutInSeconds "
                f"({self._policy.maximum_seconds:g}) and was rolled back."
            )

    def _enter(self, stage: DeploymentStage) -> None:
        if self._endpoint.pending is not None:
            self._endpoint.pending.enter(stage)


def rolled_back_by(alarms: Sequence[str]) -> str:
    """Return the FailureReason of a rollback by alarms. AWS does not document the message."""
    return (
        "The deployment was rolled back because these CloudWatch alarms went into ALARM: "
        f"{', '.join(alarms)}."
    )
