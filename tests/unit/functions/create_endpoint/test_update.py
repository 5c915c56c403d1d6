"""The checks, the records and the requests of an update."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import pytest

from create_endpoint.update import keeps_count, require_updatable, update
from model_packager.names.endpoint import resource_name
from model_packager.rejection import ModelRejected
from model_packager.sagemaker.hosting import AsyncInference, Serverless
from model_packager.spec.operation_spec import Autoscaling, Rollout
from tests.unit.functions.deployment_records import record
from tests.unit.functions.samples import (
    ARTIFACTS,
    CONFIG,
    DEPLOYMENT,
    ENDPOINT,
    EXECUTION,
    HOSTING,
    LATER,
    OLDER,
    VERSION,
    source,
)
from workflow.aws.clients import application_autoscaling, cloudwatch
from workflow.aws.scaling import register
from workflow.contracts.deploy_model import CreateEndpointInput
from workflow.errors import EndpointBusy, EndpointFailed, SupersededDrop
from workflow.versions.deployment_record import write_record
from workflow.versions.ownership import ConfigTags, config_tags, mark_verified, remember_previous

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef


pytestmark = pytest.mark.usefixtures("buckets")

OLDER_CONFIG = resource_name(ENDPOINT, OLDER)
GIVEN = CreateEndpointInput(
    deployment=DEPLOYMENT,
    source=source("abc"),
    move_from=None,
    target=ENDPOINT,
    tested=False,
    restoring=False,
    waking=False,
    hosting=HOSTING,
    rollout=Rollout(),
    autoscaling=None,
)
SCALING = Autoscaling(max_instances=10, invocations_per_instance=60)


def endpoint(live: str, status: str = "InService") -> DescribeEndpointOutputTypeDef:
    found = {"EndpointName": ENDPOINT, "EndpointStatus": status, "EndpointConfigName": live}
    return cast("DescribeEndpointOutputTypeDef", found)


@pytest.mark.parametrize("live", ["someone-elses", ENDPOINT, f"{ENDPOINT}-v1", f"x{CONFIG}"])
def test_endpoint_of_somebody_else_is_left_alone(live: str) -> None:
    with pytest.raises(ModelRejected, match=live):
        update(endpoint(live), GIVEN, CONFIG, ARTIFACTS)


@pytest.mark.parametrize("owner", ["ResNet", "resnet.-__..-__._--.._v2"])
def test_endpoint_of_another_model_is_left_alone(
    create_config: Callable[..., None], updates: list[dict[str, Any]], owner: str
) -> None:
    create_config(OLDER_CONFIG, model=owner)
    create_config(CONFIG, model="resnet")
    with pytest.raises(ModelRejected, match=re.escape(owner)) as caught:
        update(endpoint(OLDER_CONFIG), GIVEN, CONFIG, ARTIFACTS)
    assert "under another name" in caught.value.fix
    restore = GIVEN.model_copy(update={"restoring": True})
    with pytest.raises(ModelRejected, match=re.escape(owner)):
        update(endpoint(OLDER_CONFIG), restore, CONFIG, ARTIFACTS)
    assert updates == []


@pytest.mark.parametrize(
    "status", ["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"]
)
def test_endpoint_in_transition_is_waited_for(status: str) -> None:
    with pytest.raises(EndpointBusy, match=status):
        update(endpoint(resource_name(ENDPOINT, OLDER), status), GIVEN, CONFIG, ARTIFACTS)


@pytest.mark.parametrize("status", ["OutOfService", "UpdateRollbackFailed"])
def test_endpoint_that_takes_no_update_is_not_waited_for(status: str) -> None:
    with pytest.raises(EndpointFailed, match=status):
        update(endpoint(resource_name(ENDPOINT, OLDER), status), GIVEN, CONFIG, ARTIFACTS)


@pytest.mark.parametrize(("key", "allowed"), [("resnet/model.py", True), ("b/resnet/x.pt", False)])
def test_only_a_drop_in_the_live_versions_folder_replaces_it(
    create_config: Callable[[str], None], key: str, *, allowed: bool
) -> None:
    """Two first drops of a model pass Inspect Model at the same time, and one is recorded first."""
    create_config(OLDER_CONFIG)
    write_record(ARTIFACTS, record(OLDER))
    event = GIVEN.model_copy(update={"source": source("abc", key)})
    if allowed:
        require_updatable(endpoint(OLDER_CONFIG), event, ARTIFACTS)
        return
    with pytest.raises(ModelRejected, match="this drop is in the folder b/resnet/"):
        require_updatable(endpoint(OLDER_CONFIG), event, ARTIFACTS)
    for exception in ({"move_from": "resnet"}, {"restoring": True}):
        moved = event.model_copy(update=exception)
        require_updatable(endpoint(OLDER_CONFIG), moved, ARTIFACTS)


def test_later_version_stays() -> None:
    with pytest.raises(SupersededDrop, match=LATER):
        update(endpoint(resource_name(ENDPOINT, LATER)), GIVEN, CONFIG, ARTIFACTS)


@pytest.mark.parametrize("digest", ["00000000", "ffffffff"])
@pytest.mark.parametrize(("live", "later"), [("009F", False), ("00B", True), (None, False)])
def test_last_drop_of_a_second_wins(
    create_config: Callable[..., None], digest: str, live: str | None, later: bool
) -> None:
    """The digests in the names do not show the order of the drops."""
    config = resource_name(ENDPOINT, VERSION[:-8] + digest)
    create_config(config, **({"sequencer": live} if live else {}))
    drop = DEPLOYMENT.model_copy(update={"sequencer": "00A"})
    event = GIVEN.model_copy(update={"deployment": drop})
    if not later:
        require_updatable(endpoint(config), event, ARTIFACTS)
        return
    with pytest.raises(SupersededDrop, match=VERSION[:-8] + digest):
        require_updatable(endpoint(config), event, ARTIFACTS)


def test_failed_endpoint_is_deleted_and_waited_for(
    sagemaker: SageMakerClient, create_config: Callable[[str], None]
) -> None:
    older = resource_name(ENDPOINT, OLDER)
    create_config(older)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=older)
    with pytest.raises(EndpointBusy, match="Failed"):
        update(endpoint(older, "Failed"), GIVEN, CONFIG, ARTIFACTS)
    assert sagemaker.list_endpoints()["Endpoints"] == []


@pytest.fixture
def serving(sagemaker: SageMakerClient, create_config: Callable[..., None]) -> None:
    """An endpoint with a verified older version, and the config of another version."""
    create_config(OLDER_CONFIG, "ml.g4dn.xlarge")
    create_config(CONFIG)
    mark_verified(OLDER_CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=OLDER_CONFIG)


def scaled() -> list[str]:
    found = application_autoscaling().describe_scalable_targets(ServiceNamespace="sagemaker")
    return [each["ResourceId"] for each in found["ScalableTargets"]]


def test_version_is_under_test_before_the_endpoint_is_updated(
    serving: None, sagemaker: SageMakerClient, updates: list[dict[str, Any]]
) -> None:
    noted: list[ConfigTags | None] = []

    def look(**_: object) -> None:
        noted.append(config_tags(CONFIG))

    sagemaker.meta.events.register_first("before-call.sagemaker.UpdateEndpoint", look)
    try:
        update(endpoint(OLDER_CONFIG), GIVEN, CONFIG, ARTIFACTS)
    finally:
        sagemaker.meta.events.unregister("before-call.sagemaker.UpdateEndpoint", look)
    assert noted == [ConfigTags(EXECUTION, OLDER_CONFIG, verified=False)]
    assert updates == [{"EndpointName": ENDPOINT, "EndpointConfigName": CONFIG}]


def test_guarded_rollout_names_existing_alarms(
    serving: None, updates: list[dict[str, Any]]
) -> None:
    canary = GIVEN.model_copy(update={"rollout": Rollout(strategy="canary", max_p95_ms=50)})
    update(endpoint(OLDER_CONFIG), canary, CONFIG, ARTIFACTS)
    requested = updates[0]["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    there = cloudwatch().describe_alarms()["MetricAlarms"]
    assert [each["AlarmName"] for each in requested] == [each["AlarmName"] for each in there]
    assert len(requested) == 2


@pytest.mark.parametrize(
    ("live", "routing"), [(1, "ALL_AT_ONCE"), (4, "CANARY")], ids=["scaled in", "scaled out"]
)
def test_guarded_rollout_is_sized_by_the_live_number_of_instances(
    serving: None, updates: list[dict[str, Any]], live: int, routing: str
) -> None:
    """SageMaker rejects a canary of the whole fleet, because CanarySize is at most 50 percent."""
    register(ENDPOINT, SCALING)
    hosting = HOSTING.model_copy(update={"instance_count": 5 - live})
    canary = {
        "hosting": hosting,
        "rollout": Rollout(strategy="canary"),
        "autoscaling": SCALING,
    }
    scaled_endpoint = endpoint(OLDER_CONFIG)
    scaled_endpoint["ProductionVariants"] = [{"VariantName": "v", "DesiredInstanceCount": live}]
    update(scaled_endpoint, GIVEN.model_copy(update=canary), CONFIG, ARTIFACTS)
    policy = updates[0]["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["Type"] == routing
    assert updates[0]["RetainAllVariantProperties"] is True
    excluded = updates[0]["ExcludeRetainedVariantProperties"]
    assert excluded == [{"VariantPropertyType": "DataCaptureConfig"}], "that of the new config"


def test_version_without_autoscaling_has_its_own_number_of_instances(
    serving: None, updates: list[dict[str, Any]]
) -> None:
    """Nothing would scale in the old number of instances, so their cost would stay."""
    register(ENDPOINT, SCALING)
    scaled_out = endpoint(OLDER_CONFIG)
    scaled_out["ProductionVariants"] = [{"VariantName": "v", "DesiredInstanceCount": 10}]
    update(scaled_out, GIVEN, CONFIG, ARTIFACTS)
    assert "RetainAllVariantProperties" not in updates[0]


@pytest.mark.parametrize(("instance_type", "left"), [("ml.g4dn.xlarge", 1), ("ml.m5.large", 0)])
def test_scaling_ends_where_the_instance_type_changes(
    serving: None, updates: list[dict[str, Any]], instance_type: str, left: int
) -> None:
    register(ENDPOINT, Autoscaling(max_instances=3, invocations_per_instance=60))
    hosting = HOSTING.model_copy(update={"instance_type": instance_type})
    update(
        endpoint(OLDER_CONFIG),
        GIVEN.model_copy(update={"hosting": hosting}),
        CONFIG,
        ARTIFACTS,
    )
    assert len(scaled()) == left


def test_version_that_is_restored_may_be_older(
    serving: None,
    updates: list[dict[str, Any]],
    create_config: Callable[..., None],
) -> None:
    later = resource_name(ENDPOINT, LATER)
    create_config(later)
    mark_verified(later)
    update(endpoint(later), GIVEN.model_copy(update={"restoring": True}), CONFIG, ARTIFACTS)
    made = config_tags(CONFIG)
    assert made is not None
    assert made.previous == later


def test_version_under_test_is_not_replaced(
    serving: None, updates: list[dict[str, Any]], execution: Callable[..., str]
) -> None:
    remember_previous(OLDER_CONFIG, None, execution("other"))
    with pytest.raises(EndpointBusy, match="under test"):
        update(endpoint(OLDER_CONFIG), GIVEN, CONFIG, ARTIFACTS)
    assert updates == []


ASYNC_HOSTING = HOSTING.model_copy(
    update={
        "async_inference": AsyncInference(
            output_uri="s3://a/out",
            failure_uri="s3://a/bad",
            topic_arn="",
            max_concurrent_invocations=1,
        )
    }
)


def test_hosting_mode_cannot_change(
    create_config: Callable[..., None], updates: list[dict[str, Any]]
) -> None:
    create_config(OLDER_CONFIG)
    with pytest.raises(ModelRejected, match="cannot change it to async") as caught:
        update(
            endpoint(OLDER_CONFIG),
            GIVEN.model_copy(update={"hosting": ASYNC_HOSTING}),
            CONFIG,
            ARTIFACTS,
        )
    assert "modeldrop delete resnet" in caught.value.fix
    assert updates == []


def test_instances_cannot_become_serverless(create_config: Callable[..., None]) -> None:
    create_config(OLDER_CONFIG)
    limits = Serverless(memory_mb=2048, max_concurrency=1)
    requested = GIVEN.model_copy(
        update={"hosting": HOSTING.model_copy(update={"serverless": limits})}
    )
    with pytest.raises(ModelRejected, match="real_time, and SageMaker cannot change it to serv"):
        update(endpoint(OLDER_CONFIG), requested, CONFIG, ARTIFACTS)


@pytest.mark.parametrize(("running", "kept"), [(0, False), (3, True)])
def test_asynchronous_endpoint_without_instances_starts_one_for_its_test(
    running: int, kept: bool
) -> None:
    """Otherwise the smoke test would wait until the policies start the first instance."""
    register(ENDPOINT, SCALING)
    described = endpoint(OLDER_CONFIG)
    described["ProductionVariants"] = [{"VariantName": "primary", "DesiredInstanceCount": running}]
    requested = GIVEN.model_copy(update={"hosting": ASYNC_HOSTING})
    assert keeps_count(described, requested) is kept
