from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from moto.sagemaker.models import sagemaker_backends

from model_packager.names.endpoint import resource_name, shadow_config_name, version_in
from model_packager.spec.operation_spec import Rollout
from modeldrop.local.sagemaker.api.request_validation import checked_request
from start_shadow_test.handler import handler
from tests.unit.functions.samples import (
    ACCOUNT,
    ARTIFACTS,
    CONFIG,
    DEPLOYMENT,
    ENDPOINT,
    EXECUTION,
    HOSTING,
    LATER,
    OLDER,
    REGION,
    VERSION,
)
from workflow.errors import EndpointBusy, EndpointFailed, SupersededDrop
from workflow.versions.ownership import ConfigTags, config_tags

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

LIVE = resource_name(ENDPOINT, OLDER)
SHADOW = shadow_config_name(ENDPOINT, OLDER)
EVENT = {
    "deployment": DEPLOYMENT.model_dump(),
    "hosting": HOSTING.model_dump(),
    "rollout": Rollout(strategy="shadow", sample_percent=25).model_dump(),
}


@pytest.fixture(autouse=True)
def _live(
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An older version is live, and the SageMaker model of the new one exists."""
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    create_config(LIVE, "ml.m5.large", verified="true", content="abc", sequencer="01")
    create_config(CONFIG)
    sagemaker.delete_endpoint_config(EndpointConfigName=CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=LIVE)


def set_changed(moment: datetime) -> None:
    """Set the endpoint's LastModifiedTime."""
    sagemaker_backends[ACCOUNT][REGION].endpoints[ENDPOINT].last_modified_time = moment


def test_version_becomes_a_shadow_variant_of_the_live_endpoint(
    context: LambdaContext, sagemaker: SageMakerClient, updates: list[dict[str, Any]]
) -> None:
    sent: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        sent.append(params)

    sagemaker.meta.events.register("provide-client-params.sagemaker.CreateEndpointConfig", note)
    try:
        with pytest.raises(EndpointBusy, match="starts a shadow variant"):
            handler(EVENT, context)
    finally:
        sagemaker.meta.events.unregister(
            "provide-client-params.sagemaker.CreateEndpointConfig", note
        )
    [request] = sent
    assert checked_request("CreateEndpointConfig", request) == request
    [primary], [shadow] = request["ProductionVariants"], request["ShadowProductionVariants"]
    assert (primary["ModelName"], primary["InstanceType"]) == (LIVE, "ml.m5.large")
    assert (shadow["ModelName"], shadow["InstanceType"]) == (CONFIG, "ml.g4dn.xlarge")
    assert (shadow["InitialVariantWeight"], shadow["InitialInstanceCount"]) == (0.25, 1)
    capture = request["DataCaptureConfig"]
    assert capture["InitialSamplingPercentage"] == 100
    assert capture["DestinationS3Uri"] == f"s3://{ARTIFACTS}/_shadow/{VERSION}"
    assert updates == [{"EndpointName": ENDPOINT, "EndpointConfigName": SHADOW}]
    assert version_in(ENDPOINT, SHADOW) == OLDER  # the version that responds to clients
    assert config_tags(SHADOW) == ConfigTags(
        execution_arn=EXECUTION,
        previous=LIVE,
        verified=False,
        model="resnet",
        content="abc",
        sequencer="01",
    )
    assert handler(EVENT, context) == {"shadow_config": SHADOW}
    assert len(updates) == 1


def test_untested_live_version_is_the_one_to_return_to(
    context: LambdaContext, sagemaker: SageMakerClient, updates: list[dict[str, Any]]
) -> None:
    arn = sagemaker.describe_endpoint_config(EndpointConfigName=LIVE)["EndpointConfigArn"]
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["modeldrop:verified"])
    with pytest.raises(EndpointBusy, match="starts a shadow variant"):
        handler(EVENT, context)
    tags = config_tags(SHADOW)
    assert tags is not None
    assert tags.previous == LIVE


def test_a_lost_update_is_sent_again(
    context: LambdaContext, sagemaker: SageMakerClient, updates: list[dict[str, Any]]
) -> None:
    """The function may end between the two requests."""
    with pytest.raises(EndpointBusy):
        handler(EVENT, context)
    sagemaker_backends[ACCOUNT][REGION].endpoints[ENDPOINT].endpoint_config_name = LIVE
    set_changed(datetime.now(UTC) - timedelta(hours=1))
    with pytest.raises(EndpointBusy):
        handler(EVENT, context)
    assert len(updates) == 2


def test_variant_that_does_not_start_ends_the_deployment(
    context: LambdaContext, updates: list[dict[str, Any]]
) -> None:
    with pytest.raises(EndpointBusy):
        handler(EVENT, context)
    endpoint = sagemaker_backends[ACCOUNT][REGION].endpoints[ENDPOINT]
    endpoint.endpoint_config_name = LIVE
    set_changed(datetime.now(UTC) + timedelta(minutes=5))
    with pytest.raises(EndpointFailed, match=f"could not start the shadow variant, and {OLDER}"):
        handler(EVENT, context)
    assert len(updates) == 1


@pytest.mark.parametrize("status", ["Updating", "SystemUpdating"])
def test_endpoint_in_transition_is_waited_for(
    context: LambdaContext,
    updates: list[dict[str, Any]],
    set_status: Callable[[str, str], None],
    status: str,
) -> None:
    set_status(ENDPOINT, status)
    with pytest.raises(EndpointBusy, match=f"is {status}"):
        handler(EVENT, context)
    assert updates == []


def test_other_version_under_test_is_waited_for(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    execution: Callable[..., str],
    updates: list[dict[str, Any]],
) -> None:
    arn = sagemaker.describe_endpoint_config(EndpointConfigName=LIVE)["EndpointConfigArn"]
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["modeldrop:verified"])
    tag = {"Key": "modeldrop:execution", "Value": execution("other")}
    sagemaker.add_tags(ResourceArn=arn, Tags=[tag])  # type: ignore[list-item]
    with pytest.raises(EndpointBusy, match="is still under test"):
        handler(EVENT, context)
    assert updates == []


def test_test_of_a_stopped_execution_is_ended_first(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    execution: Callable[..., str],
    updates: list[dict[str, Any]],
) -> None:
    stopped = DEPLOYMENT.model_copy(update={"execution_arn": execution("old", stopped=True)})
    with pytest.raises(EndpointBusy):
        handler(EVENT | {"deployment": stopped.model_dump()}, context)
    with pytest.raises(EndpointBusy, match="of an execution that was stopped"):
        handler(EVENT, context)
    assert [each["EndpointConfigName"] for each in updates] == [SHADOW, LIVE]
    with pytest.raises(EndpointBusy, match="starts a shadow variant"):
        handler(EVENT, context)
    tags = config_tags(SHADOW)
    assert tags is not None
    assert tags.execution_arn == EXECUTION, "the old config is replaced"


def test_later_live_version_is_not_shadowed(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    updates: list[dict[str, Any]],
) -> None:
    later = resource_name(ENDPOINT, LATER)
    create_config(later, verified="true")
    sagemaker_backends[ACCOUNT][REGION].endpoints[ENDPOINT].endpoint_config_name = later
    with pytest.raises(SupersededDrop, match=LATER):
        handler(EVENT, context)
    assert updates == []


def test_deleted_endpoint_ends_the_deployment(
    context: LambdaContext, sagemaker: SageMakerClient
) -> None:
    sagemaker.delete_endpoint(EndpointName=ENDPOINT)
    with pytest.raises(EndpointFailed, match="no longer runs a version of resnet"):
        handler(EVENT, context)


def test_endpoint_with_a_config_of_someone_else_ends_the_deployment(
    context: LambdaContext,
    create_config: Callable[..., None],
    sagemaker: SageMakerClient,
    updates: list[dict[str, Any]],
) -> None:
    create_config("made-by-hand")
    sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName="made-by-hand")
    with pytest.raises(EndpointFailed, match="no longer runs a version of resnet"):
        handler(EVENT, context)
