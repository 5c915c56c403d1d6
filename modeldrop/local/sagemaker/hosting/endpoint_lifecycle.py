"""The transitions of an endpoint: creating, updating beside the old servers, deleting.

How an update's traffic goes from the old servers to the new ones is `traffic_shift`'s business.

Each runs in a thread of its own. A failed creation ends Failed and can only be deleted. A failed
update ends InService on the old config, with a FailureReason that the next update clears: "the
endpoint goes back to InService state with a FailureReason" (aws-controllers-k8s/
sagemaker-controller#7; users bitten by it: hashicorp/terraform-provider-aws#46663, #48997).
RollingBack is not shown: by DescribeEndpoint's documentation it belongs to
UpdateEndpointWeightsAndCapacities alone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Literal

from modeldrop.local.sagemaker.errors import in_progress, invalid
from modeldrop.local.sagemaker.faults import ActiveFaults, EndpointFault, Transition
from modeldrop.local.sagemaker.hosting.deployment_policy import DeploymentPolicy
from modeldrop.local.sagemaker.hosting.fleet import (
    Fleet,
    FleetPlan,
    FleetStarter,
    HostingFailed,
    ping_failure,
)
from modeldrop.local.sagemaker.hosting.registry import Endpoint, PendingDeployment, Registry
from modeldrop.local.sagemaker.hosting.traffic_shift import RolledBack, TrafficShift, TrippedAlarms

_logger = logging.getLogger(__name__)

# Seen on SageMaker endpoints in several users' logs and documents of 2024 to 2026.
INSUFFICIENT_CAPACITY = (
    "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. "
    "Please retry using a different ML instance type or after some time."
)
_POLL_SECONDS = 0.05


class EndpointLifecycle:
    """Runs all endpoints' transitions."""

    def __init__(
        self,
        registry: Registry,
        starter: FleetStarter,
        faults: ActiveFaults,
        tripped_alarms: TrippedAlarms,
    ) -> None:
        """Start without any."""
        self._registry = registry
        self._starter = starter
        self._faults = faults
        self._tripped_alarms = tripped_alarms
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []

    def create(self, endpoint: Endpoint, plan: FleetPlan) -> None:
        """Begin to host a new endpoint."""
        self._begin(self._create, endpoint, plan)

    def update(self, endpoint: Endpoint, plan: FleetPlan, policy: DeploymentPolicy) -> None:
        """Begin to move an endpoint to another config.

        Raises:
            ApiError: the endpoint is in a transition, or Failed.
        """
        with self._registry.lock:
            require_updatable(endpoint)
            endpoint.become("Updating")
            endpoint.pending = PendingDeployment(plan)
        self._begin(self._update, endpoint, plan, policy)

    def delete(self, endpoint: Endpoint) -> None:
        """Begin to delete an endpoint.

        Raises:
            ApiError: the endpoint is in a transition.
        """
        with self._registry.lock:
            if endpoint.status not in {"InService", "Failed"}:
                raise in_progress(endpoint.arn)
            fleet, endpoint.fleet = endpoint.fleet, None
            endpoint.become("Deleting")
        self._begin(self._delete, endpoint, fleet)

    def close(self) -> None:
        """End all transitions, then stop all servers."""
        self._closing.set()
        for thread in self._threads:
            thread.join()
        for endpoint in list(self._registry.endpoints.values()):
            fleet, endpoint.fleet = endpoint.fleet, None
            if fleet is not None:
                fleet.stop(drain=False)

    def _begin(self, transition: Callable[..., None], endpoint: Endpoint, *rest: object) -> None:
        name = f"{transition.__name__.strip('_')}-{endpoint.name}"
        thread = threading.Thread(target=transition, args=(endpoint, *rest), name=name)
        self._threads = [running for running in self._threads if running.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _create(self, endpoint: Endpoint, plan: FleetPlan) -> None:
        try:
            fleet = self._bring_up(endpoint, "create", plan)
        except HostingFailed as failure:
            self._settle(endpoint, "Failed", str(failure))
            return
        with self._registry.lock:
            endpoint.fleet = fleet
            self._settle(endpoint, "InService")

    def _update(self, endpoint: Endpoint, plan: FleetPlan, policy: DeploymentPolicy) -> None:
        shift = TrafficShift(self._registry, endpoint, policy, self._tripped_alarms, self._closing)
        try:
            new = self._bring_up(endpoint, "update", plan)
        except HostingFailed as failure:
            self._settle(endpoint, "InService", str(failure))
            return
        try:
            old = shift.run(new)
        except Exception as error:  # whatever it is, the old fleet has the traffic again
            known = isinstance(error, RolledBack)
            new.stop(drain=True)
            self._settle(endpoint, "InService", str(error) if known else _own_fault(error))
            return
        if old is not None:
            old.stop(drain=True)
        with self._registry.lock:
            endpoint.config_name = plan.config_name
            self._settle(endpoint, "InService")

    def _delete(self, endpoint: Endpoint, fleet: Fleet | None) -> None:
        if fleet is not None:
            fleet.stop(drain=True)
        self._registry.remove_endpoint(endpoint)
        _logger.info("%s: deleted", endpoint.name)

    def _settle(
        self,
        endpoint: Endpoint,
        status: Literal["InService", "Failed"],
        failure_reason: str | None = None,
    ) -> None:
        with self._registry.lock:
            endpoint.pending = None
            endpoint.become(status, failure_reason or None)
        _logger.info("%s: %s %s", endpoint.name, status, failure_reason or "")

    def _bring_up(self, endpoint: Endpoint, transition: Transition, plan: FleetPlan) -> Fleet:
        """Start a config's servers, under whatever fault a test has ordered.

        Raises:
            HostingFailed: with the FailureReason.
        """
        try:
            return self._under_faults(endpoint, transition, plan)
        except HostingFailed:
            raise
        except Exception as error:  # else the endpoint would stay Creating for ever
            raise HostingFailed(_own_fault(error)) from error

    def _under_faults(self, endpoint: Endpoint, transition: Transition, plan: FleetPlan) -> Fleet:
        taken = self._faults.take_transition_fault(
            endpoint.name, transition, [variant.instance_type for variant in plan.variants]
        )
        if taken is None:
            return self._starter.start(endpoint.name, plan, self._closing)
        fault, cleared = taken
        self._wait(fault, cleared)
        reason = ping_failure(plan.variants[0].name) if fault.reason is None else fault.reason
        match fault.kind:
            case "fail":
                raise HostingFailed(reason)
            case "insufficient_capacity":
                raise HostingFailed(fault.reason or INSUFFICIENT_CAPACITY)
            case "roll_back":
                self._starter.start(endpoint.name, plan, self._closing).stop(drain=False)
                raise HostingFailed(reason)
        return self._starter.start(endpoint.name, plan, self._closing)

    def _wait(self, fault: EndpointFault, cleared: threading.Event) -> None:
        """Wait as long as the fault says: hang without seconds, until it is cleared."""
        left = fault.seconds if fault.seconds is not None else 0.0
        forever = fault.kind == "hang" and fault.seconds is None
        while (forever or left > 0) and not cleared.is_set():
            if self._closing.wait(_POLL_SECONDS):
                raise HostingFailed("The local SageMaker is stopping.")
            left -= _POLL_SECONDS


def require_updatable(endpoint: Endpoint) -> None:
    """Let only an endpoint in service through.

    Raises:
        ApiError: it is in a transition, or Failed.
    """
    if endpoint.status == "Failed":
        # "DeleteEndpoint is the only operation that can be performed on a failed
        # endpoint" (DescribeEndpoint); AWS's sentence for it is not known.
        raise invalid(f'Cannot update failed endpoint "{endpoint.arn}". Delete it first.')
    if endpoint.status != "InService":
        raise in_progress(endpoint.arn)


def _own_fault(error: Exception) -> str:
    _logger.error("a fault of the local SageMaker itself", exc_info=error)
    return f"Modeldrop's local SageMaker failed itself: {error!r}"
