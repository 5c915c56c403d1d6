"""Stores Application Auto Scaling's targets and policies for endpoint variants in memory.

`modeldrop.local.sagemaker.scaling` evaluates the policies, which create no alarms.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from modeldrop.local.sagemaker.errors import invalid
from modeldrop.local.sagemaker.hosting.fleet_plan import VariantPlan
from modeldrop.local.sagemaker.hosting.registry import now


@dataclass(eq=False)
class ScalingPolicy:
    """A scaling policy as PutScalingPolicy requested it."""

    name: str
    arn: str
    configuration: dict[str, Any]
    created: datetime = field(default_factory=now)


@dataclass
class ScalableTarget:
    """A scalable variant, with its policies by name."""

    resource_id: str
    arn: str
    properties: dict[str, Any]
    created: datetime = field(default_factory=now)
    policies: dict[str, ScalingPolicy] = field(default_factory=dict)


class ScalingTargets:
    """All scalable targets, by resource ID. Hold the lock to read or change them."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.targets: dict[str, ScalableTarget] = {}

    def require_unchanged(
        self, endpoint: str, old: Sequence[VariantPlan], new: Sequence[VariantPlan]
    ) -> None:
        """Reject an update that changes a registered target.

        "If the update would change the instance type for any model that is a target for auto
        scaling, the update fails"; the same applies to a variant that the update removes
        (SageMaker's developer guide, "Update endpoints that use auto scaling"). AWS does not
        document the error message, so this one is ours.

        Raises:
            ApiError: the update removes a registered variant or changes its instance type.
        """
        types = {variant.name: variant.instance_type for variant in new}
        with self.lock:
            for variant in old:
                registered = resource_id(endpoint, variant.name) in self.targets
                if registered and types.get(variant.name) != variant.instance_type:
                    raise invalid(
                        f"Variant {variant.name} of endpoint {endpoint} is registered as a "
                        "scalable target with Application Auto Scaling, so the update can "
                        "neither remove it nor change its instance type "
                        f"({variant.instance_type}). Deregister it first."
                    )

    def has_target(self, endpoint: str) -> bool:
        """Return whether any variant of an endpoint is registered."""
        with self.lock:
            return any(each.startswith(resource_id(endpoint, "")) for each in self.targets)

    def deregister_endpoint(self, endpoint: str) -> None:
        """Remove the targets of an endpoint, with their policies."""
        with self.lock:
            for resource in list(self.targets):
                if resource.startswith(resource_id(endpoint, "")):
                    del self.targets[resource]


def resource_id(endpoint: str, variant: str) -> str:
    """Return Application Auto Scaling's resource ID of a variant."""
    return f"endpoint/{endpoint}/variant/{variant}"
