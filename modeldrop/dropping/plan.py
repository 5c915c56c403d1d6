"""The plan of a drop: what it creates on AWS, computed offline."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from model_packager.model_warnings import ModelWarning
from model_packager.names import (
    DEFAULT_STACK,
    artifact_key,
    endpoint_name,
    pool_config_names,
    pool_endpoint_name,
    pool_prefix,
    pool_staging_name,
    resource_name,
    shadow_capture_uri,
    shadow_config_name,
    staging_endpoint_name,
)
from model_packager.sagemaker.cloudwatch import log_group
from model_packager.sagemaker.cost_limits import most_instances
from model_packager.sagemaker.hosting import Hosting, resolve_hosting, staging_hosting
from model_packager.sagemaker.instance_facts import described, facts_date, instance_facts
from model_packager.sagemaker.price import (
    idle_instances,
    idle_price,
    price_of,
    schedule_price,
    staging_price,
)
from model_packager.sagemaker.requests import (
    Request,
    create_endpoint_config_request,
    create_endpoint_request,
    create_model_request,
    origin_tags,
    pool_tags,
    requested_tags,
    shadow_config_request,
    update_endpoint_request,
)
from modeldrop.dropping.pool_plan import PoolPlan, plan_for, plan_offline
from modeldrop.stack.prices import known_prices
from modeldrop.stack.template import Permission, holds, permissions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from model_packager.inspection import Inspection
    from model_packager.sagemaker.cost_limits import CostLimits
    from model_packager.sagemaker.price import InstancePrice, Price
    from model_packager.sagemaker.requests import Tag
    from model_packager.spec.deploy_spec import DeploySpec
    from modeldrop.dropping.running_pool import RunningPool
    from modeldrop.stack.parameters import StackParameters

ACCOUNT = "000000000000"
VERSION = "YYYYMMDDTHHMMSSZ-xxxxxxxx"
"""As long as a real version, and valid in SageMaker names, so that the requests validate."""

LIVE = "LIVE-VERSION"

PLACEHOLDERS = {
    ACCOUNT: "account ID",
    VERSION: "version: time of the drop (UTC) and 8 digits of its digest",
    "EXECUTION": "name of the execution",
    LIVE: "SageMaker model and hosting of the live version",
    "<ArtifactBucket>": "and other names in angle brackets: resources of the deployed stack",
}
PRICE = (
    "SageMaker bills each instance while it runs, even when idle. Prices depend on the region: see "
    '"Amazon SageMaker pricing".'
)


@dataclass(frozen=True)
class PlannedRequest:
    """One request to SageMaker. `when` is its condition; empty if there is none."""

    operation: str
    parameters: Request
    when: str = ""


@dataclass(frozen=True)
class Plan:
    """The resources, requests and permissions of a drop.

    Attributes:
        staging: what the tests of an update cost; empty with `rollout.staging: false`.
        schedule: what the model costs with its schedule; empty without one.
        pool: what happens to the pool; None if the model has an endpoint of its own.
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
        """Return it as JSON data."""
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
        inspection: of the model file.
        model: the model's name.
        parameters: of the stack, with its region.
        template: the stack's template, for the permissions.
        running: the pool that the drop names; None if it was not read.
        size: bytes of the model file.

    Raises:
        SpecRejected: AWS has no Triton image for the region and release, the release does not
            support the instance type, the stack does not allow a setting of the spec, or the
            pool is full.
    """
    region = parameters.region
    partition = "aws-cn" if region.startswith("cn-") else "aws"
    stack = parameters.defaults(
        artifact_bucket="<ArtifactBucket>",
        inference_topic_arn=f"arn:{partition}:sns:{region}:{ACCOUNT}:{DEFAULT_STACK}-InferenceTopic",
    )
    hosting, notes = resolve_hosting(
        inspection.default_model,
        inspection.spec,
        inspection.instance_type,
        stack,
        called_models=inspection.called_models,
    )
    known = {
        "AWS::Partition": partition,
        "AWS::Region": region,
        "AWS::AccountId": ACCOUNT,
        "AWS::StackName": DEFAULT_STACK,
        **parameters.values,
    }
    prices = known_prices(parameters)
    prefix, pool = parameters.values["EndpointPrefix"], hosting.pool
    pool_plan = None if pool is None else plan_offline(pool, inspection.spec)
    if running is not None:
        pool_plan, hosting = plan_for(running, model, hosting, inspection.spec, stack, size)
    endpoint = endpoint_name(prefix, model) if pool is None else pool_endpoint_name(prefix, pool)
    name = resource_name(endpoint, VERSION) if pool is None else pool_config_names(endpoint)[0]
    compressed = inspection.model_format.is_compressed(inspection.spec.package)
    key = artifact_key(model, VERSION, compressed=compressed, pool=pool)
    artifact = f"s3://{stack.artifact_bucket}/{key}"
    return Plan(
        model=model,
        region=region,
        hosting=hosting,
        resources={
            "artifact": artifact,
            "model": name,
            "endpoint_config": name,
            "endpoint": endpoint,
            "container_log": log_group(endpoint),
        },
        requests=(
            _requests(model, endpoint, artifact, hosting, known, inspection.spec)
            if pool_plan is None
            else tuple(
                _pool_requests(
                    endpoint,
                    f"s3://{stack.artifact_bucket}/",
                    hosting,
                    pool_plan,
                    known,
                    inspection.spec,
                    running.config if running else None,
                )
            )
        ),
        price_class=_price_class(hosting, inspection.spec, price_of(hosting, prices)),
        staging=_staging(hosting, inspection.spec, prices),
        schedule=_schedule(hosting, inspection.spec, prices),
        cost_limits=_cost_limits(inspection.spec, hosting, stack.options),
        permissions=tuple(
            each for each in permissions(template, known) if holds(template, each.condition, known)
        ),
        warnings=inspection.warnings,
        notes=(*inspection.notes, *notes),
        pool=pool_plan,
    )


def _pool_requests(
    endpoint: str,
    bucket: str,
    hosting: Hosting,
    plan: PoolPlan,
    known: Mapping[str, str],
    spec: DeploySpec,
    running_config: str | None,
) -> Iterator[PlannedRequest]:
    """Yield the requests that create or change the pool; most drops into a pool need none."""
    first, second = pool_config_names(endpoint)
    tags = pool_tags(plan.pool)

    def model_and_config(name: str, hosting: Hosting, when: str) -> Iterator[PlannedRequest]:
        model = create_model_request(
            name,
            role_arn=_role(known),
            artifact_uri=bucket + pool_prefix(plan.pool),
            hosting=hosting,
            tags=tags,
        )
        yield PlannedRequest("CreateModel", model, when=when)
        yield config(name, hosting, when)

    def config(name: str, hosting: Hosting, when: str) -> PlannedRequest:
        request = create_endpoint_config_request(name, hosting=hosting, tags=tags)
        return PlannedRequest("CreateEndpointConfig", request, when=when)

    if not plan.exists:
        when = f"the pool {plan.pool} does not exist" if plan.exists is None else ""
        yield from model_and_config(first, hosting, when)
        all_tags = [*tags, *requested_tags(hosting)]
        created = create_endpoint_request(endpoint, config=first, tags=all_tags)
        yield PlannedRequest("CreateEndpoint", created, when=when)
    if plan.exists is None or plan.after is not None:
        when = "" if plan.exists else f"the pool {plan.pool} exists, and the drop changes it"
        other = first if running_config == second else second
        one = staging_hosting(hosting, spec.smoke_test.load) if spec.rollout.staging else hosting
        yield from model_and_config(other, one, when)
        if spec.rollout.staging:
            staged = create_endpoint_request(pool_staging_name(endpoint), config=other, tags=tags)
            yield PlannedRequest("CreateEndpoint", staged, when=when)
            yield config(other, hosting, when)
        update = update_endpoint_request(endpoint, config=other)
        yield PlannedRequest("UpdateEndpoint", update, when=when)


def _role(known: Mapping[str, str]) -> str:
    partition = known["AWS::Partition"]
    return f"arn:{partition}:iam::{ACCOUNT}:role/{DEFAULT_STACK}-SageMakerExecutionRole"


def _requests(
    model: str,
    endpoint: str,
    artifact: str,
    hosting: Hosting,
    known: Mapping[str, str],
    spec: DeploySpec,
) -> tuple[PlannedRequest, ...]:
    partition, region = known["AWS::Partition"], known["AWS::Region"]
    role = _role(known)
    machine = f"arn:{partition}:states:{region}:{ACCOUNT}:execution:{DEFAULT_STACK}-deploy-model"
    tags = origin_tags(model, VERSION, f"{machine}:EXECUTION")
    name = resource_name(endpoint, VERSION)
    all_tags = [*tags, *requested_tags(hosting)]
    is_live = "a version is live, and was dropped in the same folder" + (
        "" if spec.move_from is None else f" or in {spec.move_from}"
    )
    staging = (
        PlannedRequest(
            "CreateEndpointConfig",
            create_endpoint_config_request(
                name, hosting=staging_hosting(hosting, spec.smoke_test.load), tags=tags
            ),
            when=is_live,
        ),
        PlannedRequest(
            "CreateEndpoint",
            create_endpoint_request(
                staging_endpoint_name(endpoint, VERSION), config=name, tags=all_tags
            ),
            when=f"{is_live}: the staging endpoint, which is deleted after the test",
        ),
    )
    return (
        PlannedRequest(
            "CreateModel",
            create_model_request(
                name, role_arn=role, artifact_uri=artifact, hosting=hosting, tags=tags
            ),
        ),
        PlannedRequest(
            "CreateEndpointConfig", create_endpoint_config_request(name, hosting=hosting, tags=tags)
        ),
        PlannedRequest(
            "CreateEndpoint",
            create_endpoint_request(endpoint, config=name, tags=all_tags),
            when="the endpoint does not exist",
        ),
        *(staging if spec.rollout.staging else ()),
        *(_shadow(endpoint, hosting, spec, tags, is_live) if _has_shadow(spec) else ()),
        PlannedRequest(
            "UpdateEndpoint", update_endpoint_request(endpoint, config=name), when=is_live
        ),
    )


def _has_shadow(spec: DeploySpec) -> bool:
    return spec.rollout.strategy == "shadow"


def _shadow(
    endpoint: str, hosting: Hosting, spec: DeploySpec, tags: Sequence[Tag], is_live: str
) -> tuple[PlannedRequest, ...]:
    """Return the requests of a shadow test. The live version's config is not known offline."""
    name = shadow_config_name(endpoint, VERSION)
    live = create_endpoint_config_request(LIVE, hosting=hosting, tags=())
    config = shadow_config_request(
        name,
        live=live,
        model=resource_name(endpoint, VERSION),
        hosting=hosting,
        sample_percent=spec.rollout.sample_percent,
        capture_uri=shadow_capture_uri("<ArtifactBucket>", VERSION),
        tags=tags,
    )
    when = f"{is_live}: it keeps its variant, and the new version is a shadow variant"
    update = update_endpoint_request(endpoint, config=name)
    return (
        PlannedRequest("CreateEndpointConfig", config, when=when),
        PlannedRequest("UpdateEndpoint", update, when=when),
    )


def _shadow_price(hosting: Hosting, spec: DeploySpec, prices: Mapping[str, InstancePrice]) -> str:
    """Describe what the shadow variant costs; empty without a shadow test."""
    if not _has_shadow(spec):
        return ""
    one, hours = staging_hosting(hosting, None), spec.rollout.hours
    price = price_of(one, prices)
    hourly = "" if price is None else f", {price.hour} per hour ({price.source})"
    return (
        f"A shadow test then adds {one.capacity} for {hours:g} hours and two updates of the "
        f"endpoint{hourly}. All requests and responses of that time are stored in S3."
    )


def _staging(hosting: Hosting, spec: DeploySpec, prices: Mapping[str, InstancePrice]) -> str:
    if not spec.rollout.staging or spec.hosting.is_pool:
        return ""
    smaller = staging_hosting(hosting, spec.smoke_test.load)
    test = (
        "An update is tested on a staging endpoint first, and takes about twice as long. "
        f"{staging_price(smaller, price_of(smaller, prices))}"
    )
    return f"{test} {_shadow_price(hosting, spec, prices)}".rstrip()


def _schedule(hosting: Hosting, spec: DeploySpec, prices: Mapping[str, InstancePrice]) -> str:
    if spec.schedule is None:
        return ""
    count = idle_instances(hosting, spec.hosting, _autoscaled_to(spec))
    return schedule_price(spec.schedule, count, price_of(hosting, prices))


def _autoscaled_to(spec: DeploySpec) -> int | None:
    return spec.autoscaling.min_instances if spec.autoscaling else None


def _price_class(hosting: Hosting, spec: DeploySpec, price: Price | None) -> dict[str, Any]:
    facts = instance_facts(hosting.instance_type)
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


def _cost_limits(spec: DeploySpec, hosting: Hosting, limits: CostLimits) -> dict[str, Any]:
    fallbacks = [
        each for each in spec.endpoint.fallback_instance_types if each != hosting.instance_type
    ]
    return {
        "instance_types": [hosting.instance_type, *fallbacks],
        "most_instances": most_instances(spec, hosting.instance_count),
        "allowed_instance_types": limits.allowed_instance_types,
        "max_instances": limits.max_instances,
    }
