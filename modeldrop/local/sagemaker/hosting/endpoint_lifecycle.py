"""The transitions of an endpoint: create, update and delete.

`traffic_shift` moves an update's traffic from the old servers to the new ones.

Each transition runs in its own thread. A failed creation ends Failed and can only be deleted. A
failed update ends InService on the old config, with a FailureReason that the next update clears:
"the endpoint goes back to InService state with a FailureReason" (aws-controllers-k8s/
sagemaker-controller#7; reports of users: hashicorp/terraform-provider-aws#46663, #48997).
The status RollingBack does not occur: according to DescribeEndpoint's documentation, only
UpdateEndpointWeightsAndCapacities uses it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from modeldrop.local.sagemaker.errors import in_progress, invalid
from modeldrop.local.sagemaker.faults import ActiveFaults, Transition, wait_out
from modeldrop.local.sagemaker.hosting.deployment_policy import DeploymentPolicy
from modeldrop.local.sagemaker.hosting.fleet import Fleet
from modeldrop.local.sagemaker.hosting.fleet_plan import FleetPlan
from modeldrop.local.sagemaker.hosting.fleet_starter import (
    FleetStarter,
    HostingFailed,
    ping_failure,
)
from modeldrop.local.sagemaker.hosting.registry import Endpoint, PendingDeployment, Registry
from modeldrop.local.sagemaker.hosting.traffic_shift import RolledBack, TrafficShift

_logger = logging.getLogger(__name__)

# From logs and documents of SageMaker users, 2024 to 2026.
INSUFFICIENT_CAPACITY = (
    "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. "
    "Please retry using a different ML instance type or after some time."
)

AlarmsOfRole = Callable[[str, Sequence[str]], Sequence[str]]
"""Returns which of the alarms are in ALARM, read with an execution role."""


class EndpointLifecycle:
    """Runs the transitions of all endpoints."""

    def __init__(
        self,
        registry: Registry,
        starter: FleetStarter,
        faults: ActiveFaults,
        tripped_alarms: AlarmsOfRole,
    ) -> None:
        self._registry = registry
        self._starter = starter
        self._faults = faults
        self._tripped_alarms = tripped_alarms
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []

    def create(self, endpoint: Endpoint, plan: FleetPlan) -> None:
        """Start creating an endpoint."""
        self._begin(self._create, endpoint, plan)

    def update(
        self,
        endpoint: Endpoint,
        plan: FleetPlan,
        policy: DeploymentPolicy,
        *,
        keep_counts: bool = False,
    ) -> None:
        """Start updating an endpoint to another config.

        Args:
            endpoint: the endpoint.
            plan: the new config.
            policy: how the traffic moves.
            keep_counts: whether to keep the current instance counts (RetainAllVariantProperties).

        Raises:
            ApiError: the endpoint is in a transition, or Failed.
        """
        with self._registry.lock:
            require_updatable(endpoint)
            endpoint.set_status("Updating")
            endpoint.pending = PendingDeployment(plan)
        self._begin(self._update, endpoint, plan, policy, keep_counts)

    def delete(self, endpoint: Endpoint) -> None:
        """Start deleting an endpoint.

        Raises:
            ApiError: the endpoint is in a transition.
        """
        with self._registry.lock:
            if endpoint.status not in {"InService", "Failed"}:
                raise in_progress(endpoint.arn)
            fleet, endpoint.fleet = endpoint.fleet, None
            endpoint.set_status("Deleting")
            if endpoint.queue is not None:
                endpoint.queue.close()
        self._begin(self._delete, endpoint, fleet)

    def scale(self, endpoint: Endpoint, variant: str, count: int) -> bool:
        """Change the instance count of a variant. From or to zero, the servers start or stop.

        The status is Updating meanwhile, as on AWS. Other changes only change the number, because
        one server represents all instances.

        Returns:
            False if the endpoint is in a transition.
        """
        with self._registry.lock:
            fleet = endpoint.fleet
            if endpoint.status != "InService" or fleet is None:
                return False
            endpoint.counts[variant] = count
            if bool(fleet.variants) == (count > 0):
                return True
            endpoint.set_status("Updating")
            if count == 0:
                endpoint.fleet = Fleet(fleet.plan, ())
        self._begin(self._start if count else self._stop, endpoint, fleet)
        return True

    def close(self) -> None:
        """End all transitions, then stop all servers."""
        self._closing.set()
        for thread in self._threads:
            thread.join()
        for endpoint in list(self._registry.endpoints.values()):
            if endpoint.queue is not None:
                endpoint.queue.close()
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
            fleet = self._start_fleet(endpoint, "create", plan)
        except HostingFailed as failure:
            self._finish(endpoint, "Failed", str(failure))
            return
        with self._registry.lock:
            endpoint.fleet = fleet
            self._finish(endpoint, "InService")

    def _update(
        self, endpoint: Endpoint, plan: FleetPlan, policy: DeploymentPolicy, keep_counts: bool
    ) -> None:
        tripped = partial(self._tripped_alarms, plan.variants[0].role_arn)
        shift = TrafficShift(self._registry, endpoint, policy, tripped, self._closing)
        try:
            new = self._start_fleet(endpoint, "update", plan)
        except HostingFailed as failure:
            self._finish(endpoint, "InService", str(failure))
            return
        try:
            old = shift.run(new)
        except Exception as error:  # after any error, the old fleet must get all traffic again
            known = isinstance(error, RolledBack)
            new.stop(drain=True)
            self._finish(endpoint, "InService", str(error) if known else _internal_error(error))
            return
        if old is not None:
            old.stop(drain=True)
        with self._registry.lock:
            endpoint.config_name = plan.config_name
            # The new fleet runs with at least one instance.
            if not keep_counts or 0 in endpoint.counts.values():
                endpoint.counts.clear()
            self._finish(endpoint, "InService")

    def _start(self, endpoint: Endpoint, empty: Fleet) -> None:
        """Start the servers of a fleet that was scaled to zero."""
        try:
            fleet = self._starter.start(endpoint.name, empty.plan, self._closing)
        except Exception as error:  # the autoscaler tries again later
            reason = str(error) if isinstance(error, HostingFailed) else _internal_error(error)
            with self._registry.lock:
                for variant in empty.plan.variants:
                    endpoint.counts[variant.name] = 0
                self._finish(endpoint, "InService", reason)
            return
        with self._registry.lock:
            endpoint.fleet = fleet
            self._finish(endpoint, "InService")

    def _stop(self, endpoint: Endpoint, fleet: Fleet) -> None:
        """Stop the servers of a fleet that gets no more requests."""
        fleet.stop(drain=True)
        self._finish(endpoint, "InService")

    def _delete(self, endpoint: Endpoint, fleet: Fleet | None) -> None:
        if fleet is not None:
            fleet.stop(drain=True)
        self._registry.remove_endpoint(endpoint)
        _logger.info("%s: deleted", endpoint.name)

    def _finish(
        self,
        endpoint: Endpoint,
        status: Literal["InService", "Failed"],
        failure_reason: str | None = None,
    ) -> None:
        with self._registry.lock:
            endpoint.pending = None
            endpoint.set_status(status, failure_reason or None)
        _logger.info("%s: %s %s", endpoint.name, status, failure_reason or "")

    def _start_fleet(self, endpoint: Endpoint, transition: Transition, plan: FleetPlan) -> Fleet:
        """Start the servers of a config, and apply the injected faults.

        Raises:
            HostingFailed: the text is the FailureReason.
        """
        try:
            return self._start_with_faults(endpoint, transition, plan)
        except HostingFailed:
            raise
        except Exception as error:  # otherwise the endpoint would stay Creating
            raise HostingFailed(_internal_error(error)) from error

    def _start_with_faults(
        self, endpoint: Endpoint, transition: Transition, plan: FleetPlan
    ) -> Fleet:
        taken = self._faults.take_transition_fault(
            endpoint.name,
            transition,
            [variant.instance_type for variant in (*plan.variants, *plan.shadows)],
        )
        if taken is None:
            return self._started(endpoint, plan)
        fault, cleared = taken
        if not wait_out(fault, cleared, self._closing):
            raise HostingFailed("The local SageMaker is stopping.")
        reason = ping_failure(plan.variants[0].name) if fault.reason is None else fault.reason
        match fault.kind:
            case "fail":
                raise HostingFailed(reason)
            case "insufficient_capacity":
                named = INSUFFICIENT_CAPACITY if fault.reason is None else fault.reason
                raise HostingFailed(named)
            case "roll_back":
                self._starter.start(endpoint.name, plan, self._closing).stop(drain=False)
                raise HostingFailed(reason)
        return self._started(endpoint, plan)

    def _started(self, endpoint: Endpoint, plan: FleetPlan) -> Fleet:
        """Start a fleet. A serverless one stops again after its health check."""
        fleet = self._starter.start(endpoint.name, plan, self._closing)
        if not plan.is_serverless:
            return fleet
        fleet.stop(drain=False)
        return Fleet(plan, ())


def require_updatable(endpoint: Endpoint) -> None:
    """Require that an endpoint is InService.

    Raises:
        ApiError: it is in a transition, or Failed.
    """
    if endpoint.status == "Failed":
        # "DeleteEndpoint is the only operation that can be performed on a failed
        # endpoint" (DescribeEndpoint); AWS does not document the message.
        raise invalid(f'Cannot update failed endpoint "{endpoint.arn}". Delete it first.')
    if endpoint.status != "InService":
        raise in_progress(endpoint.arn)


def _internal_error(error: Exception) -> str:
    _logger.error("internal error of the local SageMaker", exc_info=error)
    return f"Internal error of Modeldrop's local SageMaker: {error!r}"
