"""The requests to SageMaker that a drop causes, with placeholders for values from AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.names.endpoint import resource_name, shadow_config_name, staging_endpoint_name
from model_packager.names.pool import pool_config_names, pool_prefix, pool_staging_name
from model_packager.names.request import shadow_capture_uri
from model_packager.names.stack import DEFAULT_STACK
from model_packager.sagemaker.hosting import Hosting, staging_hosting
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

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from model_packager.sagemaker.requests import Tag
    from model_packager.spec.deploy_spec import DeploySpec
    from modeldrop.dropping.pool_plan import PoolPlan

ACCOUNT = "000000000000"
VERSION = "YYYYMMDDTHHMMSSZ-xxxxxxxx"
"""As long as a real version, and valid in SageMaker names, so that the requests validate."""

BUCKET = "<ArtifactBucket>"
LIVE = "LIVE-VERSION"
EXECUTION = "EXECUTION"

PLACEHOLDERS = {
    ACCOUNT: "account ID",
    VERSION: "version: time of the drop (UTC) and 8 digits of its digest",
    EXECUTION: "name of the execution",
    LIVE: "SageMaker model and hosting of the live version",
    BUCKET: "and other names in angle brackets: resources of the deployed stack",
}


@dataclass(frozen=True)
class PlannedRequest:
    """One request to SageMaker. `when` is its condition, or empty."""

    operation: str
    parameters: Request
    when: str = ""


@dataclass(frozen=True)
class PlannedDeployment:
    """The deployment of a drop.

    Attributes:
        model: the model's name.
        endpoint: the name of the endpoint of the model or its pool.
        artifact: the S3 URI of the version's artifact.
        hosting: the hosting, with the instances of the pool if the model joins one.
        spec: the drop's spec.
        partition: the partition of the Region, such as "aws".
        region: the AWS Region, such as "us-east-1".
    """

    model: str
    endpoint: str
    artifact: str
    hosting: Hosting
    spec: DeploySpec
    partition: str
    region: str

    @property
    def role_arn(self) -> str:
        """The ARN of the execution role."""
        return f"arn:{self.partition}:iam::{ACCOUNT}:role/{DEFAULT_STACK}-SageMakerExecutionRole"

    @property
    def execution_arn(self) -> str:
        """The ARN of the execution of deploy_model."""
        place = f"{self.partition}:states:{self.region}:{ACCOUNT}"
        return f"arn:{place}:execution:{DEFAULT_STACK}-deploy-model:{EXECUTION}"

    @property
    def test_hosting(self) -> Hosting:
        """The hosting of the staging endpoint."""
        return staging_hosting(self.hosting, self.spec.smoke_test.load)


def requests_of_model(planned: PlannedDeployment) -> Iterator[PlannedRequest]:
    """Yield the requests that create or update the model's endpoint."""
    hosting, spec, endpoint = planned.hosting, planned.spec, planned.endpoint
    tags = origin_tags(planned.model, VERSION, planned.execution_arn)
    all_tags = [*tags, *requested_tags(hosting)]
    name = resource_name(endpoint, VERSION)
    model = create_model_request(
        name,
        role_arn=planned.role_arn,
        artifact_uri=planned.artifact,
        hosting=hosting,
        tags=tags,
    )
    yield PlannedRequest("CreateModel", model)
    config = create_endpoint_config_request(name, hosting=hosting, tags=tags)
    yield PlannedRequest("CreateEndpointConfig", config)
    created = create_endpoint_request(endpoint, config=name, tags=all_tags)
    yield PlannedRequest("CreateEndpoint", created, when="the endpoint does not exist")
    is_live = "a version is live, and was dropped in the same folder" + (
        "" if spec.move_from is None else f" or in {spec.move_from}"
    )
    if spec.rollout.staging:
        config = create_endpoint_config_request(name, hosting=planned.test_hosting, tags=tags)
        yield PlannedRequest("CreateEndpointConfig", config, when=is_live)
        staging = staging_endpoint_name(endpoint, VERSION)
        created = create_endpoint_request(staging, config=name, tags=all_tags)
        when = f"{is_live}: the staging endpoint, which is deleted after the test"
        yield PlannedRequest("CreateEndpoint", created, when=when)
    if spec.rollout.strategy == "shadow":
        yield from _requests_of_shadow_test(planned, tags, is_live)
    update = update_endpoint_request(endpoint, config=name)
    yield PlannedRequest("UpdateEndpoint", update, when=is_live)


def _requests_of_shadow_test(
    planned: PlannedDeployment, tags: Sequence[Tag], is_live: str
) -> Iterator[PlannedRequest]:
    """Yield the requests of a shadow test. The live version's config is unknown offline."""
    name = shadow_config_name(planned.endpoint, VERSION)
    config = shadow_config_request(
        name,
        live=create_endpoint_config_request(LIVE, hosting=planned.hosting, tags=()),
        model=resource_name(planned.endpoint, VERSION),
        hosting=planned.hosting,
        sample_percent=planned.spec.rollout.sample_percent,
        capture_uri=shadow_capture_uri(BUCKET, VERSION),
        tags=tags,
    )
    when = f"{is_live}: it keeps its variant, and the new version is a shadow variant"
    yield PlannedRequest("CreateEndpointConfig", config, when=when)
    update = update_endpoint_request(planned.endpoint, config=name)
    yield PlannedRequest("UpdateEndpoint", update, when=when)


def requests_of_pool(
    planned: PlannedDeployment, pool: PoolPlan, running_config: str | None
) -> Iterator[PlannedRequest]:
    """Yield the requests that create or change the pool. Most drops into a pool need none.

    Args:
        planned: the drop.
        pool: the plan for the pool.
        running_config: the endpoint config of the pool; None if unknown or missing.
    """
    endpoint, hosting = planned.endpoint, planned.hosting
    staging = planned.spec.rollout.staging
    first, second = pool_config_names(endpoint)
    tags = pool_tags(pool.pool)

    def model_and_config(name: str, hosting: Hosting, when: str) -> Iterator[PlannedRequest]:
        model = create_model_request(
            name,
            role_arn=planned.role_arn,
            artifact_uri=f"s3://{BUCKET}/{pool_prefix(pool.pool)}",
            hosting=hosting,
            tags=tags,
        )
        yield PlannedRequest("CreateModel", model, when=when)
        yield config(name, hosting, when)

    def config(name: str, hosting: Hosting, when: str) -> PlannedRequest:
        request = create_endpoint_config_request(name, hosting=hosting, tags=tags)
        return PlannedRequest("CreateEndpointConfig", request, when=when)

    if not pool.exists:
        when = f"the pool {pool.pool} does not exist" if pool.exists is None else ""
        yield from model_and_config(first, hosting, when)
        all_tags = [*tags, *requested_tags(hosting)]
        created = create_endpoint_request(endpoint, config=first, tags=all_tags)
        yield PlannedRequest("CreateEndpoint", created, when=when)
    if pool.exists is None or pool.after is not None:
        when = "" if pool.exists else f"the pool {pool.pool} exists, and the drop changes it"
        other = first if running_config == second else second
        yield from model_and_config(other, planned.test_hosting if staging else hosting, when)
        if staging:
            staged = create_endpoint_request(pool_staging_name(endpoint), config=other, tags=tags)
            yield PlannedRequest("CreateEndpoint", staged, when=when)
            yield config(other, hosting, when)
        update = update_endpoint_request(endpoint, config=other)
        yield PlannedRequest("UpdateEndpoint", update, when=when)
