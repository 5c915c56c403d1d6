"""The changes of a pool's endpoint that a drop requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from create_model.handler import handler
from model_packager.names.endpoint import pool_endpoint_name
from model_packager.names.pool import pool_archive_key, pool_config_names
from model_packager.rejection import SpecRejected
from model_packager.sagemaker.requests import (
    create_endpoint_config_request,
    create_endpoint_request,
    create_model_request,
    pool_tags,
)
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.hosting_spec import Endpoint
from model_packager.spec.triton_spec import InstanceGroup
from model_packager.stored import PoolChange
from tests.unit.functions.deployment_records import record
from tests.unit.functions.samples import (
    ARTIFACTS,
    DEPLOYMENT,
    HOSTING,
    OLDER,
    REGION,
    ROLE,
    SERVABLE,
    VERSION,
)
from workflow.errors import EndpointBusy
from workflow.versions.deployment_record import write_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

POOL = "small"
ENDPOINT = pool_endpoint_name("modeldrop", POOL)
FIRST, SECOND = pool_config_names(ENDPOINT)
POOLED = DEPLOYMENT.model_copy(update={"pool": POOL, "endpoint": ENDPOINT})
IN_POOL = HOSTING.model_copy(update={"pool": POOL})
BEFORE = "2 x ml.g4dn.xlarge with Triton 26.05"
MIB = 1024**2


def event(spec: DeploySpec | None = None, **hosting: Any) -> dict[str, Any]:
    servable = SERVABLE.model_copy(
        update={"spec": spec or DeploySpec(), "hosting": IN_POOL.model_copy(update=hosting)}
    )
    key = pool_archive_key(POOL, "resnet", VERSION)
    return {
        "deployment": POOLED.model_dump(),
        "artifact_uri": f"s3://{ARTIFACTS}/{key}",
        "servable": servable.model_dump(mode="json"),
    }


@pytest.fixture(autouse=True)
def _environment_of_the_step(monkeypatch: pytest.MonkeyPatch, buckets: None) -> None:
    for name, value in {
        "EXECUTION_ROLE_ARN": ROLE,
        "ARTIFACT_BUCKET": ARTIFACTS,
        "AWS_REGION": REGION,
        "TRITON_RELEASE": "26.05",
        "ALLOWED_INSTANCE_TYPES": "ml.g4dn.xlarge,ml.g5.xlarge",
        "MAX_INSTANCES": "6",
    }.items():
        monkeypatch.setenv(name, value)


def make_config(sagemaker: SageMakerClient, name: str) -> None:
    sagemaker.create_model(
        **create_model_request(
            name, role_arn=ROLE, artifact_uri="s3://a/", hosting=IN_POOL, tags=pool_tags(POOL)
        )
    )
    sagemaker.create_endpoint_config(
        **create_endpoint_config_request(name, hosting=IN_POOL, tags=pool_tags(POOL))
    )


@pytest.fixture
def pool(sagemaker: SageMakerClient) -> None:
    """A pool with two instances."""
    make_config(sagemaker, FIRST)
    sagemaker.create_endpoint(**create_endpoint_request(ENDPOINT, config=FIRST, tags=()))


def put_live(model: str, spec: DeploySpec, size: int = 1) -> None:
    deployment = POOLED.model_copy(update={"model": model, "version": OLDER})
    live = record(OLDER, spec).model_copy(update={"deployment": deployment})
    write_record(ARTIFACTS, live)
    put_archive(model, OLDER, size)


def put_archive(model: str, version: str, size: int) -> None:
    key = pool_archive_key(POOL, model, version)
    # A checksum would copy all these bytes in pieces.
    without_checksum = Config(request_checksum_calculation="when_required")
    client = boto3.client("s3", config=without_checksum)
    client.put_object(Bucket=ARTIFACTS, Key=key, Body=bytes(size))


def models(sagemaker: SageMakerClient) -> list[str]:
    return sorted(each["ModelName"] for each in sagemaker.list_models()["Models"])


def test_first_drop_creates_the_model_of_the_pool(
    context: LambdaContext, sagemaker: SageMakerClient
) -> None:
    make_config(sagemaker, FIRST)  # left from a pool whose endpoint was deleted
    output = handler(event(image="registry/triton:25.09-py3"), context)
    assert (output["deployment"]["pool_config"], output["pool_change"]) == (FIRST, None)
    found = sagemaker.describe_model(ModelName=FIRST)["PrimaryContainer"]
    assert found["Image"] == "registry/triton:25.09-py3"
    assert found["ModelDataUrl"] == f"s3://{ARTIFACTS}/_pools/{POOL}/"
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []


def test_drop_that_requests_nothing_gets_the_instances_of_the_pool(
    context: LambdaContext, sagemaker: SageMakerClient, pool: None
) -> None:
    output = handler(event(instance_count=1), context)
    assert (output["deployment"]["pool_config"], output["pool_change"]) == (FIRST, None)
    assert output["servable"]["hosting"]["instance_count"] == 2
    assert models(sagemaker) == [FIRST]


def test_drop_that_requests_other_instances_brings_a_model(
    context: LambdaContext, sagemaker: SageMakerClient, pool: None
) -> None:
    put_live("same", DeploySpec(endpoint=Endpoint(instance_count=3)))
    put_live("other", DeploySpec(endpoint=Endpoint(instance_count=2)))
    put_live("resnet", DeploySpec(endpoint=Endpoint(instance_count=2)))
    make_config(sagemaker, SECOND)  # left from a change that was stopped
    request = event(DeploySpec(endpoint=Endpoint(instance_count=3)), instance_count=3)
    output = handler(request, context)
    assert output["deployment"]["pool_config"] == SECOND
    assert PoolChange.model_validate(output["pool_change"]) == PoolChange(
        before=BEFORE, after=BEFORE.replace("2 x", "3 x"), contradicted_by=("other",)
    )
    assert models(sagemaker) == [FIRST, SECOND]
    [config] = sagemaker.list_endpoint_configs()["EndpointConfigs"]
    assert config["EndpointConfigName"] == FIRST
    assert handler(request, context) == output


@pytest.mark.parametrize(
    ("parameter", "value", "cause", "endpoint"),
    [
        ("MAX_INSTANCES", "1", "the pool small has 2 instances", Endpoint(instance_count=1)),
        (
            "ALLOWED_INSTANCE_TYPES",
            "ml.g5.xlarge",
            "small runs on ml.g4dn.xlarge, .* no longer allows. Allowed types: ml.g5.xlarge",
            Endpoint(instance_type="ml.g5.xlarge"),
        ),
    ],
)
def test_pool_above_lowered_limits_takes_only_a_drop_that_changes_it(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    pool: None,
    monkeypatch: pytest.MonkeyPatch,
    parameter: str,
    value: str,
    cause: str,
    endpoint: Endpoint,
) -> None:
    monkeypatch.setenv(parameter, value)
    with pytest.raises(SpecRejected, match=cause):
        handler(event(instance_count=1), context)
    assert models(sagemaker) == [FIRST]
    output = handler(event(DeploySpec(endpoint=endpoint)), context)
    assert output["deployment"]["pool_config"] == SECOND


def test_drop_waits_while_the_endpoint_changes(
    context: LambdaContext, pool: None, set_status: Callable[[str, str], None]
) -> None:
    set_status(ENDPOINT, "Updating")
    with pytest.raises(EndpointBusy, match="is Updating"):
        handler(event(), context)


def test_endpoint_that_failed_is_replaced(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    pool: None,
    set_status: Callable[[str, str], None],
) -> None:
    set_status(ENDPOINT, "Failed")
    output = handler(event(), context)
    assert (output["deployment"]["pool_config"], output["pool_change"]) == (FIRST, None)
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []


def test_full_pool_is_refused_before_anything_is_created(
    context: LambdaContext, sagemaker: SageMakerClient, pool: None
) -> None:
    """Each of the 256 copies of a model has its weights on the GPU, which has 16 GiB."""
    copies = DeploySpec(instance_group=InstanceGroup(count=256))
    put_live("other", copies, 40 * MIB)
    put_archive("resnet", OLDER, 40 * MIB)  # an older version, which no client calls
    put_archive("resnet", VERSION, 20 * MIB)
    handler(event(copies), context)
    put_archive("resnet", VERSION, 30 * MIB)
    spec = DeploySpec(instance_group=copies.instance_group, endpoint=Endpoint(instance_count=3))
    with pytest.raises(SpecRejected, match=r"archives of its live models [(]1[)]") as caught:
        handler(event(spec), context)
    assert "at least 17.5 GiB, but ml.g4dn.xlarge has 16 GiB" in str(caught.value)
    assert models(sagemaker) == [FIRST]
