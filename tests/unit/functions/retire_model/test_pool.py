"""A model leaves its pool, and the last one takes the pool's endpoint with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from model_packager.names.artifact import live_key
from model_packager.names.pool import pool_archive_key, pool_config_names, pool_lock_key
from retire_model.handler import handler
from tests.unit.functions.deployment_records import record
from tests.unit.functions.samples import ARTIFACTS, DEPLOYMENT, ENDPOINT, LATER, VERSION
from workflow.aws.clients import s3
from workflow.pool.lock import take
from workflow.versions.deployment_record import write_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

POOL = "zoo"


@pytest.fixture
def endpoint(sagemaker: SageMakerClient, create_config: Callable[..., None]) -> SageMakerClient:
    """The endpoint of the pool, which has a live resnet."""
    config, _ = pool_config_names(ENDPOINT)
    create_config(config)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=config)
    join("resnet")
    return sagemaker


def join(model: str, version: str = VERSION) -> None:
    """Put a live version into the pool."""
    deployment = DEPLOYMENT.model_copy(update={"model": model, "version": version, "pool": POOL})
    write_record(ARTIFACTS, record().model_copy(update={"deployment": deployment}))
    s3().put_object(Bucket=ARTIFACTS, Key=pool_archive_key(POOL, model, version), Body=b"")


def event(execution: str, until: str | None = None) -> dict[str, Any]:
    return {
        "retirement": {
            "model": "resnet",
            "endpoint": ENDPOINT,
            "target": ENDPOINT,
            "version": VERSION,
            "source": None,
            "reason_text": "",
            "until": until,
            "pool": POOL,
        },
        "execution_arn": execution,
        "waited_seconds": 0,
    }


def keys() -> set[str]:
    return {each["Key"] for each in s3().list_objects_v2(Bucket=ARTIFACTS).get("Contents", [])}


def endpoints(sagemaker: SageMakerClient) -> list[str]:
    return [each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]]


def test_other_models_keep_the_endpoint(
    endpoint: SageMakerClient, execution: Callable[..., str], context: LambdaContext
) -> None:
    join("dog")
    output = handler(event(execution("retire")), context)
    assert (output["done"], output["removed"]) == (True, [f"version {VERSION}"])
    assert endpoints(endpoint) == [ENDPOINT]
    assert pool_archive_key(POOL, "dog", VERSION) in keys()
    assert not {each for each in keys() if "resnet" in each}
    assert pool_lock_key(POOL) not in keys()


def test_last_model_takes_the_endpoint_with_it(
    endpoint: SageMakerClient, execution: Callable[..., str], context: LambdaContext
) -> None:
    arn = execution("retire")
    output = handler(event(arn), context)
    assert (output["done"], output["remaining"]) == (False, [f"endpoint {ENDPOINT}"])
    assert live_key("resnet") in keys(), "it names the pool, for the next call"
    assert endpoints(endpoint) == []

    assert handler(event(arn), context)["done"] is True
    assert keys() == set()
    assert endpoint.list_endpoint_configs()["EndpointConfigs"] == []
    assert endpoint.list_models()["Models"] == []


def test_retirement_waits_for_the_execution_that_changes_the_pool(
    endpoint: SageMakerClient, execution: Callable[..., str], context: LambdaContext
) -> None:
    take(ARTIFACTS, POOL, execution("drop"))
    before = keys()
    output = handler(event(execution("retire")), context)
    assert output["done"] is False
    assert output["remaining"] == [f"endpoint {ENDPOINT}, which another execution is changing"]
    assert keys() == before


def test_later_drop_stays(
    endpoint: SageMakerClient, execution: Callable[..., str], context: LambdaContext
) -> None:
    join("resnet", LATER)
    before = keys()
    output = handler(event(execution("retire"), "2026-08-01T15:12:25Z"), context)
    assert (output["done"], output["overtaken"]) == (True, True)
    assert keys() == before
