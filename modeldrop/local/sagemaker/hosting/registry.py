"""Stores models, endpoint configs, endpoints and tags in memory, by ARN."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from modeldrop.local.sagemaker.async_queue import AsyncQueue
from modeldrop.local.sagemaker.errors import already_exists, not_found
from modeldrop.local.sagemaker.hosting.fleet import Fleet
from modeldrop.local.sagemaker.hosting.fleet_plan import FleetPlan, VariantPlan
from modeldrop.local.sagemaker.metrics.instance_metrics import Instance

Kind = Literal["model", "endpoint configuration", "endpoint", "transform job"]
EndpointStatus = Literal["Creating", "Updating", "InService", "Failed", "Deleting"]
DeploymentStage = Literal["Creating", "ActivatingTraffic", "Baking"]

_ARN_TYPES: dict[Kind, str] = {
    "model": "model",
    "endpoint configuration": "endpoint-config",
    "endpoint": "endpoint",
    "transform job": "transform-job",
}


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Resource:
    """A model or endpoint config, with its request and creation time."""

    name: str
    arn: str
    request: dict[str, Any]
    created: datetime = field(default_factory=now)


@dataclass
class PendingDeployment:
    """A running deployment, with the new config and the stage."""

    plan: FleetPlan
    stage: DeploymentStage = "Creating"
    started: datetime = field(default_factory=now)
    stage_started: datetime = field(default_factory=now)

    def enter(self, stage: DeploymentStage) -> None:
        """Enter a stage."""
        self.stage, self.stage_started = stage, now()


@dataclass
class Endpoint:
    """An endpoint. Hold the registry's lock to change it."""

    name: str
    arn: str
    config_name: str
    """The live config. It changes only when an update succeeds: DescribeEndpoint "only
    contains information about the current endpoint config" (aws-controllers-k8s/
    sagemaker-controller#7)."""
    status: EndpointStatus = "Creating"
    failure_reason: str | None = None
    fleet: Fleet | None = None
    incoming: Fleet | None = None
    """The fleet of an update while it shares the traffic with the old fleet."""
    incoming_share: float = 0.0
    pending: PendingDeployment | None = None
    deployment_config: dict[str, Any] | None = None
    queue: AsyncQueue | None = None
    """The queue of an asynchronous endpoint. Updates keep it."""
    counts: dict[str, int] = field(default_factory=dict)
    """The desired instance counts by variant, where they differ from the config."""
    created: datetime = field(default_factory=now)
    modified: datetime = field(default_factory=now)

    _incoming_credit: float = 0.0

    def instances(self) -> list[Instance]:
        """Return the servers that get traffic."""
        return [
            Instance(self.name, variant.plan.name, variant.server.pid, variant.plan.role_arn)
            for fleet in self.fleets()
            for variant in fleet.variants
        ]

    def fleets(self) -> list[Fleet]:
        """Return the fleets that get traffic: two during an update."""
        return [fleet for fleet in (self.fleet, self.incoming) if fleet is not None]

    def count(self, plan: VariantPlan) -> int:
        """Return the desired instance count of a live variant."""
        return self.counts.get(plan.name, plan.instance_count)

    def next_fleet(self) -> Fleet | None:
        """Return the fleet for the next request. The traffic shares are exact at any time."""
        if self.incoming is None:
            return self.fleet
        self._incoming_credit += self.incoming_share
        if self._incoming_credit < 1 - 1e-9:  # ten steps of 0.1 add up to slightly less than 1
            return self.fleet
        self._incoming_credit -= 1
        return self.incoming

    def set_status(self, status: EndpointStatus, failure_reason: str | None = None) -> None:
        """Enter a status. This replaces the FailureReason."""
        self.status = status
        self.failure_reason = failure_reason
        self.modified = now()


class Registry:
    """All resources of one account in one Region."""

    def __init__(self, account: str, region: str) -> None:
        self.account = account
        self.region = region
        self.lock = threading.RLock()
        self.endpoints: dict[str, Endpoint] = {}
        self._resources: dict[Kind, dict[str, Resource]] = {
            "model": {},
            "endpoint configuration": {},
        }
        self._tags: dict[str, dict[str, str]] = {}

    def arn(self, kind: Kind, name: str) -> str:
        """Return the ARN of a resource, with the name in lower case.

        SageMaker's ARNs have lower-case names (seen in aws/amazon-sagemaker-examples#293).
        """
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{_ARN_TYPES[kind]}/{name.lower()}"

    def add(
        self, kind: Kind, name: str, request: dict[str, Any], tags: list[dict[str, str]]
    ) -> Resource:
        """Add a model or endpoint config.

        Raises:
            ApiError: the name already exists.
        """
        resource = Resource(name, self.arn(kind, name), request)
        with self.lock:
            if resource.arn in self._resources[kind]:
                raise already_exists(kind, resource.arn)
            self._resources[kind][resource.arn] = resource
            self.tag(resource.arn, tags)
        return resource

    def get(self, kind: Kind, name: str) -> Resource:
        """Get a model or endpoint config.

        Raises:
            ApiError: it does not exist.
        """
        arn = self.arn(kind, name)
        with self.lock:
            if arn not in self._resources[kind]:
                raise not_found(kind, arn)
            return self._resources[kind][arn]

    def find(self, kind: Kind, name: str) -> Resource | None:
        """Find a model or endpoint config, or None."""
        with self.lock:
            return self._resources[kind].get(self.arn(kind, name))

    def remove(self, kind: Kind, name: str) -> None:
        """Remove a model or endpoint config.

        AWS allows this while an endpoint uses it ("you must not", but it works). The servers
        continue to run, because they have their own copy of everything.

        Raises:
            ApiError: it does not exist.
        """
        with self.lock:
            resource = self.get(kind, name)
            del self._resources[kind][resource.arn]
            self._tags.pop(resource.arn, None)

    def all(self, kind: Kind) -> list[Resource]:
        """List models or endpoint configs, oldest first."""
        with self.lock:
            return list(self._resources[kind].values())

    def instances(self) -> list[Instance]:
        """Return the servers of all endpoints that get traffic."""
        with self.lock:
            return [each for endpoint in self.endpoints.values() for each in endpoint.instances()]

    def add_endpoint(self, endpoint: Endpoint, tags: list[dict[str, str]]) -> None:
        """Add an endpoint.

        Raises:
            ApiError: the name already exists.
        """
        with self.lock:
            if endpoint.arn in self.endpoints:
                raise already_exists("endpoint", endpoint.arn)
            self.endpoints[endpoint.arn] = endpoint
            self.tag(endpoint.arn, tags)

    def endpoint(self, name: str) -> Endpoint:
        """Get an endpoint.

        Raises:
            ApiError: it does not exist.
        """
        arn = self.arn("endpoint", name)
        with self.lock:
            if arn not in self.endpoints:
                raise not_found("endpoint", arn)
            return self.endpoints[arn]

    def remove_endpoint(self, endpoint: Endpoint) -> None:
        """Remove an endpoint and its tags. Does nothing if it does not exist."""
        with self.lock:
            self.endpoints.pop(endpoint.arn, None)
            self._tags.pop(endpoint.arn, None)

    def tag(self, arn: str, tags: list[dict[str, str]]) -> None:
        """Set tags on an existing resource."""
        with self.lock:
            self._tags.setdefault(arn, {}).update({tag["Key"]: tag["Value"] for tag in tags})

    def tags(self, arn: str) -> dict[str, str]:
        """Return the tags of a resource. Hold the lock to read or change them.

        Raises:
            ApiError: no resource has this ARN.
        """
        with self.lock:
            if arn not in self._tags:
                raise not_found(_kind_of(arn), arn)
            return self._tags[arn]


def _kind_of(arn: str) -> str:
    path = arn.split(":", 5)[-1]
    names: Callable[[str], bool] = path.startswith
    return next((kind for kind, prefix in _ARN_TYPES.items() if names(f"{prefix}/")), "resource")
