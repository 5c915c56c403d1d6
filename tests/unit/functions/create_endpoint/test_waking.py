"""A model can be woken only while it sleeps, and only with the version that went to sleep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from create_endpoint.handler import handler
from create_endpoint.waking import require_asleep
from model_packager.names.endpoint import resource_name
from model_packager.rejection import ModelRejected
from tests.unit.functions.create_endpoint.test_handler import EVENT
from tests.unit.functions.deployment_records import record
from tests.unit.functions.samples import (
    ARTIFACTS,
    CONFIG,
    DEPLOYMENT,
    ENDPOINT,
    EXECUTION,
    LATER,
    OLDER,
)
from workflow.errors import DuplicateDrop, EndpointBusy, SupersededDrop
from workflow.versions.deployment_record import mark_asleep, write_record
from workflow.versions.ownership import ConfigTags, config_tags, mark_verified, remember_previous

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

WAKING = EVENT | {"restoring": True, "waking": True}


pytestmark = pytest.mark.usefixtures("buckets")


@pytest.fixture
def asleep(execution: Callable[..., str]) -> str:
    """A sleeping model. Returns the execution that put it to sleep, which has ended."""
    write_record(ARTIFACTS, record())
    ended = execution("sleep", stopped=True)
    mark_asleep(ARTIFACTS, "resnet", record().deployed_at, ended)
    return ended


def test_sleeping_version_may_be_woken(asleep: str) -> None:
    require_asleep(ARTIFACTS, DEPLOYMENT)


def test_model_that_is_awake_is_a_duplicate() -> None:
    write_record(ARTIFACTS, record())
    with pytest.raises(DuplicateDrop, match="resnet is awake"):
        require_asleep(ARTIFACTS, DEPLOYMENT)


def test_later_version_is_never_replaced(asleep: str) -> None:
    write_record(ARTIFACTS, record(LATER))
    with pytest.raises(SupersededDrop, match=f"Version {LATER} of resnet has gone live"):
        require_asleep(ARTIFACTS, DEPLOYMENT)


def test_retired_model_stays_retired() -> None:
    with pytest.raises(ModelRejected, match="resnet was retired"):
        require_asleep(ARTIFACTS, DEPLOYMENT)


def test_model_that_is_falling_asleep_is_waited_for(
    asleep: str, execution: Callable[..., str]
) -> None:
    running = execution("running")
    mark_asleep(ARTIFACTS, "resnet", record().deployed_at, running)
    with pytest.raises(EndpointBusy, match=running):
        require_asleep(ARTIFACTS, DEPLOYMENT)


def test_handler_asks_before_anything_is_created(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[..., None]
) -> None:
    create_config(CONFIG)
    write_record(ARTIFACTS, record())
    with pytest.raises(DuplicateDrop):
        handler(WAKING, context)
    assert sagemaker.list_endpoints()["Endpoints"] == []


def test_version_that_goes_live_meanwhile_is_not_replaced(
    asleep: str,
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
) -> None:
    """The other version's test ends during this step: live.json and the config have changed."""
    later = resource_name(ENDPOINT, LATER)
    for config in (CONFIG, later):
        create_config(config)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=later)

    def goes_live(**_: object) -> None:
        sagemaker.meta.events.unregister("before-call.sagemaker.DescribeEndpoint", goes_live)
        write_record(ARTIFACTS, record(LATER))
        mark_verified(later)

    sagemaker.meta.events.register("before-call.sagemaker.DescribeEndpoint", goes_live)
    with pytest.raises(SupersededDrop):
        handler(WAKING, context)


def test_endpoint_that_was_not_deleted_is_tested_again(
    asleep: str,
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
) -> None:
    """The sleep was stopped.

    If the test fails now, the endpoint is deleted, because there is no earlier version.
    """
    older = resource_name(ENDPOINT, OLDER)
    for config in (older, CONFIG):
        create_config(config)
        mark_verified(config)
    remember_previous(CONFIG, older, EXECUTION.replace("first", "earlier"))
    mark_verified(CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    assert handler(WAKING, context)["target"] == ENDPOINT
    assert config_tags(CONFIG) == ConfigTags(EXECUTION, None, verified=False)
