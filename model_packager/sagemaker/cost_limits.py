"""The stack's limits on the cost of a model: its instance types, and its number of instances.

They limit each fleet of a model. Temporary instances do not count: an update runs the old and the
new fleet together, and a staging endpoint exists until its smoke test ends.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from model_packager.rejection import SpecRejected
from model_packager.spec.deploy_spec import DeploySpec


def members(text: Any) -> Any:
    """Split a list parameter of CloudFormation, which allows spaces; leave other values alone."""
    if not isinstance(text, str):
        return text
    return tuple(filter(None, (each.strip() for each in text.split(","))))


class CostLimits(BaseModel):
    """The template's parameters, parsed. The names are the same, in snake_case.

    Attributes:
        allowed_instance_types: the exact names; None for no limit, empty for no type at all.
        max_instances: the maximum for one model's endpoint at its largest; None for no limit.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    allowed_instance_types: Annotated[tuple[str, ...] | None, BeforeValidator(members)] = None
    max_instances: int | None = None


def check_limits(
    spec: DeploySpec, limits: CostLimits, *, instance_type: str, instance_count: int
) -> None:
    """Check every instance type that a model may use, and its largest number of instances.

    Args:
        spec: the spec.
        limits: the stack's limits.
        instance_type: the endpoint's instance type, from the spec or the stack.
        instance_count: the number of instances, from the spec or the stack.

    Raises:
        SpecRejected: a type is not allowed, or there are too many instances.
    """
    allowed, most = limits.allowed_instance_types, limits.max_instances
    for name, source in _types(spec, instance_type):
        if allowed is not None and name not in allowed:
            raise SpecRejected(
                f"The stack does not allow the instance type {name} ({source}). Allowed types: "
                f"{', '.join(allowed) or 'none'}.",
                f"Use an allowed type in deploy.yaml, or deploy the stack with {name} in "
                "AllowedInstanceTypes; then upload the model again.",
            )
    count, source = _max_capacity(spec, instance_count)
    if most is not None and count > most:
        raise SpecRejected(
            f"MaxInstances of the stack is {most}, but {source} is {count}.",
            "Set a smaller number in deploy.yaml, or deploy the stack with a larger MaxInstances; "
            "then upload the model again.",
        )


def check_pool_limits(
    pool: str, limits: CostLimits, *, instance_type: str, instance_count: int
) -> None:
    """Check the instances that the endpoint of a pool keeps.

    The limits may have been higher when they were set, and only a drop that sets other instances
    changes them.

    Args:
        pool: the name of the pool.
        limits: the stack's limits.
        instance_type: the pool's instance type after the drop.
        instance_count: the number of instances of the pool after the drop.

    Raises:
        SpecRejected: the stack no longer allows the type, or there are too many instances.
    """
    allowed, most = limits.allowed_instance_types, limits.max_instances
    if allowed is not None and instance_type not in allowed:
        raise SpecRejected(
            f"The pool {pool} runs on {instance_type}, which the stack no longer allows. "
            f"Allowed types: {', '.join(allowed) or 'none'}.",
            "Set an allowed endpoint.instance_type in deploy.yaml, which changes the pool, and "
            f"upload it. Or deploy the stack with {instance_type} in AllowedInstanceTypes, and "
            "upload the model again.",
        )
    if most is not None and instance_count > most:
        raise SpecRejected(
            f"MaxInstances of the stack is {most}, but the pool {pool} has {instance_count} "
            "instances.",
            f"Set endpoint.instance_count to at most {most} in deploy.yaml, which changes the "
            "pool, and upload it. Or deploy the stack with a larger MaxInstances, and upload the "
            "model again.",
        )


def max_capacity(spec: DeploySpec, instance_count: int) -> int:
    """Return the largest number of instances that the endpoint may have after its rollout."""
    return _max_capacity(spec, instance_count)[0]


def _types(spec: DeploySpec, instance_type: str) -> Iterator[tuple[str, str]]:
    if spec.hosting.is_serverless:  # no instances; IAM limits its memory and concurrency
        return
    fallbacks = spec.endpoint.fallback_instance_types
    if instance_type not in fallbacks:  # a restored version may run on a fallback type
        is_set = spec.endpoint.instance_type is not None
        yield instance_type, _source("instance_type", "InstanceType", is_set=is_set)
    for each in fallbacks:
        yield each, "endpoint.fallback_instance_types in deploy.yaml"


def _max_capacity(spec: DeploySpec, instance_count: int) -> tuple[int, str]:
    if spec.hosting.is_serverless:
        return 0, "hosting.mode in deploy.yaml"
    if spec.hosting.is_async:
        return spec.hosting.max_capacity, "hosting.max_instances in deploy.yaml"
    if spec.autoscaling is not None and spec.autoscaling.max_instances >= instance_count:
        return spec.autoscaling.max_instances, "autoscaling.max_instances in deploy.yaml"
    is_set = spec.endpoint.instance_count is not None
    return instance_count, _source("instance_count", "InstanceCount", is_set=is_set)


def _source(key: str, parameter: str, *, is_set: bool) -> str:
    return f"endpoint.{key} in deploy.yaml" if is_set else f"the stack's parameter {parameter}"
