"""The plan of a drop: the resources that it creates on AWS, computed offline."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from model_packager.model_warnings import ModelWarning
from model_packager.names.artifact import artifact_key
from model_packager.names.endpoint import endpoint_name, pool_endpoint_name, resource_name
from model_packager.names.pool import pool_config_names
from model_packager.names.stack import DEFAULT_STACK
from model_packager.sagemaker.cloudwatch import log_group
from model_packager.sagemaker.hosting import Hosting
from modeldrop.dropping.planned_cost import (
    cost_limits,
    cost_of_update,
    cost_with_schedule,
    price_class,
)
from modeldrop.dropping.planned_requests import (
    ACCOUNT,
    BUCKET,
    PLACEHOLDERS,
    VERSION,
    PlannedDeployment,
    PlannedRequest,
    requests_of_model,
    requests_of_pool,
)
from modeldrop.dropping.pool_plan import PoolPlan, plan_for, plan_offline
from modeldrop.stack.prices import known_prices
from modeldrop.stack.template import Permission, holds, permissions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from model_packager.inspection import Inspection
    from modeldrop.dropping.running_pool import RunningPool
    from modeldrop.stack.parameters import StackParameters


@dataclass(frozen=True)
class Plan:
    """The resources, requests and permissions of a drop.

    Attributes:
        staging: the cost of testing an update; empty with `rollout.staging: false`.
        schedule: the cost of the model with its schedule; empty without one.
        pool: the plan for the pool; None if the model has its own endpoint.
    """

    model: str
    region: str
    hosting: Hosting
    resources: Mapping[str, str]
    requests: tuple[PlannedRequest, ...]
    price_class: Mapping[str, Any]
    staging: str
    schedule: str
    cost_limits: Mapping[str, Any]
    permissions: tuple[Permission, ...]
    warnings: tuple[ModelWarning, ...]
    notes: tuple[str, ...]
    pool: PoolPlan | None = None

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON data."""
        return {
            "model": self.model,
            "region": self.region,
            "hosting": self.hosting.model_dump(mode="json"),
            "resources": dict(self.resources),
            "requests": [asdict(each) for each in self.requests],
            "price_class": dict(self.price_class),
            "staging": self.staging,
            "schedule": self.schedule,
            "pool": None if self.pool is None else asdict(self.pool),
            "cost_limits": dict(self.cost_limits),
            "permissions": [asdict(each) for each in self.permissions],
            "warnings": [each.model_dump(mode="json") for each in self.warnings],
            "notes": list(self.notes),
            "placeholders": PLACEHOLDERS,
        }


def make_plan(
    inspection: Inspection,
    model: str,
    parameters: StackParameters,
    template: Mapping[str, Any],
    running: RunningPool | None = None,
    size: int = 0,
) -> Plan:
    """Plan the deployment of an inspected model.

    Args:
        inspection: the inspection of the model file.
        model: the model's name.
        parameters: the stack's parameters and Region.
        template: the stack's template, for the permissions.
        running: the pool that the drop names; None if it was not read.
        size: the size of the model file in bytes.

    Raises:
        SpecRejected: AWS has no Triton image for the Region and release, the release does not
            support the instance type, the stack does not allow a setting of the spec, or the
            pool is full.
    """
    partition = _partition(parameters.region)
    topic = f"arn:{partition}:sns:{parameters.region}:{ACCOUNT}:{DEFAULT_STACK}-InferenceTopic"
    stack = parameters.defaults(artifact_bucket=BUCKET, inference_topic_arn=topic)
    hosting, notes = inspection.hosting(stack)
    spec, pool = inspection.spec, hosting.pool
    pool_plan = None if pool is None else plan_offline(pool, spec)
    if running is not None:
        pool_plan, hosting = plan_for(running, model, inspection, stack, size)
    planned = _deployment(inspection, model, hosting, parameters)
    prices = known_prices(parameters)
    return Plan(
        model=model,
        region=parameters.region,
        hosting=hosting,
        resources=_resources(planned),
        requests=tuple(
            requests_of_model(planned)
            if pool_plan is None
            else requests_of_pool(planned, pool_plan, running.config if running else None)
        ),
        price_class=price_class(hosting, spec, prices),
        staging=cost_of_update(hosting, spec, prices),
        schedule=cost_with_schedule(hosting, spec, prices),
        cost_limits=cost_limits(hosting, spec, stack.options),
        permissions=tuple(_permissions(template, parameters, partition)),
        warnings=inspection.warnings,
        notes=(*inspection.notes, *notes),
        pool=pool_plan,
    )


def _partition(region: str) -> str:
    return "aws-cn" if region.startswith("cn-") else "aws"


def _deployment(
    inspection: Inspection, model: str, hosting: Hosting, parameters: StackParameters
) -> PlannedDeployment:
    prefix, pool = parameters.values["EndpointPrefix"], hosting.pool
    compressed = inspection.model_format.is_compressed(inspection.spec.package)
    return PlannedDeployment(
        model=model,
        endpoint=endpoint_name(prefix, model) if pool is None else pool_endpoint_name(prefix, pool),
        artifact=f"s3://{BUCKET}/{artifact_key(model, VERSION, compressed=compressed, pool=pool)}",
        hosting=hosting,
        spec=inspection.spec,
        partition=_partition(parameters.region),
        region=parameters.region,
    )


def _resources(planned: PlannedDeployment) -> dict[str, str]:
    endpoint = planned.endpoint
    name = (
        resource_name(endpoint, VERSION)
        if planned.hosting.pool is None
        else pool_config_names(endpoint)[0]
    )
    return {
        "artifact": planned.artifact,
        "model": name,
        "endpoint_config": name,
        "endpoint": endpoint,
        "container_log": log_group(endpoint),
    }


def _permissions(
    template: Mapping[str, Any], parameters: StackParameters, partition: str
) -> Iterator[Permission]:
    """Yield the statements whose condition the stack's parameters meet."""
    known = {
        "AWS::Partition": partition,
        "AWS::Region": parameters.region,
        "AWS::AccountId": ACCOUNT,
        "AWS::StackName": DEFAULT_STACK,
        **parameters.values,
    }
    for each in permissions(template, known):
        if holds(template, each.condition, known):
            yield each
