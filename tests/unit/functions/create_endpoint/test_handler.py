from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from create_endpoint.handler import handler
from model_packager.names.endpoint import resource_name
from model_packager.spec.operation_spec import Rollout
from tests.unit.functions.request_count import counted
from tests.unit.functions.samples import (
    CONFIG,
    DEPLOYMENT,
    ENDPOINT,
    EXECUTION,
    HOSTING,
    LATER,
    OLDER,
    OTHER_EXECUTION,
    existing,
    source,
)
from workflow.errors import DuplicateDrop, EndpointBusy, SupersededDrop, Throttled
from workflow.versions.ownership import ConfigTags, config_tags, mark_verified, remember_previous

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

EVENT = {
    "deployment": DEPLOYMENT.model_dump(),
    "source": source("abc").model_dump(),
    "move_from": None,
    "target": ENDPOINT,
    "tested": False,
    "restoring": False,
    "waking": False,
    "hosting": HOSTING.model_dump(),
    "rollout": Rollout().model_dump(),
    "autoscaling": None,
}


CANARY = Rollout(strategy="canary").model_dump()
TESTED = EVENT | {"tested": True}
RESTORING = EVENT | {"restoring": True}
OLDER_CONFIG = resource_name(ENDPOINT, OLDER)


pytestmark = pytest.mark.usefixtures("buckets")


def test_new_endpoint_is_created_on_the_config(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    create_config(CONFIG)
    hosting = HOSTING.model_copy(update={"tags": {"team": "vision"}})
    arn = handler(EVENT | {"hosting": hosting.model_dump()}, context)["endpoint_arn"]
    found = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
    assert (found["EndpointArn"], found["EndpointConfigName"]) == (arn, CONFIG)
    tags = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}
    assert tags["modeldrop:execution"] == EXECUTION
    assert tags["team"] == "vision"


def test_second_call_changes_nothing(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    create_config(CONFIG)
    first = handler(EVENT, context)
    with counted(sagemaker) as requests:
        assert handler(EVENT, context) == first
    assert requests == {"DescribeEndpoint": 1}
    assert first["target"] == ENDPOINT


def test_config_that_is_not_visible_yet_is_retried(
    context: LambdaContext, sagemaker: SageMakerClient
) -> None:
    with pytest.raises(Throttled, match="Could not find endpoint configuration"):
        handler(EVENT, context)


def test_retry_waits_for_the_rollout_as_long_as_the_first_try(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    set_status: Callable[[str, str], None],
) -> None:
    create_config(CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    set_status(ENDPOINT, "Updating")
    assert handler(EVENT | {"rollout": CANARY}, context)["rollout_seconds"] == 600


def test_update_tells_how_long_it_waits_on_purpose(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    updates: list[dict[str, Any]],
) -> None:
    for config in (OLDER_CONFIG, CONFIG):
        create_config(config)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=OLDER_CONFIG)
    assert handler(TESTED | {"rollout": CANARY}, context)["rollout_seconds"] == 600
    assert [each["EndpointConfigName"] for each in updates] == [CONFIG]


def test_endpoint_that_another_created_a_moment_ago_is_waited_for(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[..., None]
) -> None:
    create_config(CONFIG)

    def refuse(**_: object) -> None:
        raise existing("endpoint", "CreateEndpoint", ENDPOINT)

    sagemaker.meta.events.register("before-call.sagemaker.CreateEndpoint", refuse)
    try:
        with pytest.raises(EndpointBusy, match="Another deployment has just created"):
            handler(EVENT, context)
    finally:
        sagemaker.meta.events.unregister("before-call.sagemaker.CreateEndpoint", refuse)


@pytest.mark.parametrize("target", [CONFIG, ENDPOINT], ids=["chosen", "live-meanwhile"])
def test_untested_version_gets_a_staging_endpoint_and_no_clients(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    updates: list[dict[str, Any]],
    target: str,
) -> None:
    """Two first drops overlap. No version was live during Create Endpoint Config."""
    for config in (OLDER_CONFIG, CONFIG):
        create_config(config)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=OLDER_CONFIG)
    staged = EVENT | {"target": target, "rollout": CANARY}
    first = handler(staged, context)
    assert (first["target"], first["rollout_seconds"]) == (CONFIG, 0)
    assert handler(staged, context) == first
    endpoints = sagemaker.list_endpoints()["Endpoints"]
    assert {each["EndpointName"] for each in endpoints} == {ENDPOINT, CONFIG}
    assert updates == []


def test_staging_continues_without_the_live_endpoint(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[..., None]
) -> None:
    create_config(CONFIG)
    assert handler(EVENT | {"target": CONFIG}, context)["target"] == CONFIG
    assert [each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]] == [CONFIG]


def test_update_that_is_refused_costs_no_staging_endpoint(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[..., None]
) -> None:
    later = resource_name(ENDPOINT, LATER)
    for config in (later, CONFIG):
        create_config(config)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=later)
    with pytest.raises(SupersededDrop, match=LATER):
        handler(EVENT | {"target": CONFIG}, context)
    assert [each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]] == [ENDPOINT]


@pytest.mark.parametrize(
    "event",
    [TESTED, EVENT | {"rollout": Rollout(staging=False).model_dump()}, RESTORING],
    ids=["tested", "no-staging", "restored"],
)
def test_live_endpoint_is_updated(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    updates: list[dict[str, Any]],
    event: dict[str, Any],
) -> None:
    for config in (OLDER_CONFIG, CONFIG):
        create_config(config)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=OLDER_CONFIG)
    assert handler(event, context)["target"] == ENDPOINT
    assert [each["EndpointConfigName"] for each in updates] == [CONFIG]


def test_restored_version_is_under_test_before_its_new_endpoint_exists(
    context: LambdaContext, create_config: Callable[..., None]
) -> None:
    create_config(CONFIG)
    remember_previous(CONFIG, OLDER_CONFIG, OTHER_EXECUTION)
    mark_verified(CONFIG)
    handler(RESTORING, context)
    assert config_tags(CONFIG) == ConfigTags(EXECUTION, None, verified=False)


def test_restored_version_that_is_already_live_is_unchanged(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[..., None]
) -> None:
    create_config(CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    remember_previous(CONFIG, None, OTHER_EXECUTION)
    mark_verified(CONFIG)
    with pytest.raises(DuplicateDrop, match=f"{CONFIG} is already live"):
        handler(RESTORING, context)
    assert config_tags(CONFIG) == ConfigTags(OTHER_EXECUTION, None, verified=True)


def test_restored_version_waits_for_a_test_by_another_execution(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    execution: Callable[..., str],
) -> None:
    create_config(CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    other = execution("other")
    remember_previous(CONFIG, None, other)
    with pytest.raises(EndpointBusy, match=other):
        handler(RESTORING, context)


def test_restored_version_that_was_left_untested_is_taken_over(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    execution: Callable[..., str],
    updates: list[dict[str, Any]],
) -> None:
    for config in (OLDER_CONFIG, CONFIG):
        create_config(config)
    mark_verified(OLDER_CONFIG)
    remember_previous(CONFIG, OLDER_CONFIG, execution("other", stopped=True))
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    assert handler(RESTORING, context) == handler(RESTORING, context)
    assert config_tags(CONFIG) == ConfigTags(EXECUTION, OLDER_CONFIG, verified=False)
    assert updates == []
