"""The cost of a drop: running, asleep and during an update; and the stack's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from model_packager.sagemaker.cost_limits import max_capacity
from model_packager.sagemaker.hosting import staging_hosting
from model_packager.sagemaker.instance_facts import described, facts_date, instance_facts
from model_packager.sagemaker.price import (
    idle_instances,
    idle_price,
    price_of,
    schedule_price,
    staging_price,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model_packager.sagemaker.cost_limits import CostLimits
    from model_packager.sagemaker.hosting import Hosting
    from model_packager.sagemaker.price import InstancePrice
    from model_packager.spec.deploy_spec import DeploySpec

    Prices = Mapping[str, InstancePrice]

PRICE = (
    "SageMaker bills each instance while it runs, even when idle. Prices depend on the Region: see "
    '"Amazon SageMaker pricing".'
)


def price_class(hosting: Hosting, spec: DeploySpec, prices: Prices) -> dict[str, Any]:
    """Return the hardware of an instance, and the price of the idle endpoint."""
    facts, price = instance_facts(hosting.instance_type), price_of(hosting, prices)
    _, family, size = hosting.instance_type.split(".")
    return {
        "instance_type": hosting.instance_type,
        "instance_count": hosting.instance_count,
        "family": family,
        "size": size,
        "has": None if facts is None else described(facts),
        "table_date": facts_date(),
        "hosting_mode": spec.hosting.mode,
        "price_source": price.source if price else None,
        "idle": idle_price(hosting, spec.hosting, _autoscaled_to(spec), price),
        "price": PRICE,
    }


def cost_of_update(hosting: Hosting, spec: DeploySpec, prices: Prices) -> str:
    """Describe the cost of testing an update; empty without a staging endpoint."""
    if not spec.rollout.staging or spec.hosting.is_pool:
        return ""
    smaller = staging_hosting(hosting, spec.smoke_test.load)
    test = (
        "An update is tested on a staging endpoint first, and takes about twice as long. "
        f"{staging_price(smaller, price_of(smaller, prices))}"
    )
    return f"{test} {_cost_of_shadow_test(hosting, spec, prices)}".rstrip()


def _cost_of_shadow_test(hosting: Hosting, spec: DeploySpec, prices: Prices) -> str:
    """Describe the cost of the shadow variant; empty without a shadow test."""
    if spec.rollout.strategy != "shadow":
        return ""
    one, hours = staging_hosting(hosting, None), spec.rollout.hours
    price = price_of(one, prices)
    hourly = "" if price is None else f", {price.hour} per hour ({price.source})"
    return (
        f"A shadow test then adds {one.capacity} for {hours:g} hours and two updates of the "
        f"endpoint{hourly}. All requests and responses of that time are stored in S3."
    )


def cost_with_schedule(hosting: Hosting, spec: DeploySpec, prices: Prices) -> str:
    """Describe the cost of a model with a schedule; empty without one."""
    if spec.schedule is None:
        return ""
    count = idle_instances(hosting, spec.hosting, _autoscaled_to(spec))
    return schedule_price(spec.schedule, count, price_of(hosting, prices))


def _autoscaled_to(spec: DeploySpec) -> int | None:
    return spec.autoscaling.min_instances if spec.autoscaling else None


def cost_limits(hosting: Hosting, spec: DeploySpec, limits: CostLimits) -> dict[str, Any]:
    """Return the instances that the drop may use, and those that the stack allows."""
    fallbacks = [
        each for each in spec.endpoint.fallback_instance_types if each != hosting.instance_type
    ]
    return {
        "instance_types": [hosting.instance_type, *fallbacks],
        "max_capacity": max_capacity(spec, hosting.instance_count),
        "allowed_instance_types": limits.allowed_instance_types,
        "max_instances": limits.max_instances,
    }
