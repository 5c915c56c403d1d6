"""The steps of a change of a pool's endpoint, in the order of the state machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from create_endpoint.handler import handler as create_endpoint
from create_endpoint_config.handler import handler as create_endpoint_config
from delete_staging_endpoint.handler import handler as delete_staging_endpoint
from model_packager.names.endpoint import pool_endpoint_name
from model_packager.names.pool import pool_config_names, pool_staging_name
from model_packager.rejection import SpecRejected
from model_packager.spec.operation_spec import Rollout
from tests.unit.functions.create_endpoint.test_handler import EVENT
from tests.unit.functions.samples import DEPLOYMENT, EXECUTION, OLDER, OTHER_EXECUTION, ROLE
from tests.unit.functions.workflow.pool.test_membership import put_live
from workflow.errors import EndpointBusy, ModelRejected
from workflow.versions.ownership import config_tags, remember_previous

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient

ENDPOINT = pool_endpoint_name("modeldrop", "small")
STAGING = pool_staging_name(ENDPOINT)
FIRST, SECOND = pool_config_names(ENDPOINT)
POOLED = DEPLOYMENT.model_copy(update={"pool": "small", "endpoint": ENDPOINT})
JOINS = {"deployment": POOLED.model_copy(update={"pool_config": FIRST}).model_dump()}
CHANGES = {"deployment": POOLED.model_copy(update={"pool_config": SECOND}).model_dump()}
ON_ENDPOINT = EVENT | {"target": ENDPOINT}


@pytest.fixture(autouse=True)
def _pool(
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    buckets: None,
) -> None:
    """A pool whose endpoint uses the first config."""
    create_config(FIRST)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=FIRST)


def of_config(*, tested: bool) -> dict[str, Any]:
    shared = {name: EVENT[name] for name in ("hosting", "rollout")}
    return CHANGES | shared | {"load": None, "tested": tested}


def endpoints(sagemaker: SageMakerClient) -> dict[str, str]:
    """Return the config of each endpoint."""
    names = [each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]]
    described = [sagemaker.describe_endpoint(EndpointName=each) for each in names]
    return {each["EndpointName"]: each["EndpointConfigName"] for each in described}


def test_change_is_tested_on_one_instance_before_the_update(
    context: LambdaContext, sagemaker: SageMakerClient, updates: list[dict[str, Any]]
) -> None:
    sagemaker.create_model(ModelName=SECOND, ExecutionRoleArn=ROLE)
    target = create_endpoint_config(of_config(tested=False), context)["target"]
    staged = create_endpoint(EVENT | CHANGES | {"target": target}, context)
    assert staged["target"] == target == STAGING
    assert endpoints(sagemaker) == {ENDPOINT: FIRST, STAGING: SECOND}
    assert create_endpoint(EVENT | CHANGES | {"target": target}, context) == staged
    [variant] = sagemaker.describe_endpoint_config(EndpointConfigName=SECOND)["ProductionVariants"]
    assert variant["InitialInstanceCount"] == 1

    with pytest.raises(EndpointBusy):
        delete_staging_endpoint(CHANGES, context)
    delete_staging_endpoint(CHANGES, context)

    target = create_endpoint_config(of_config(tested=True), context)["target"]
    live = create_endpoint(EVENT | CHANGES | {"target": target, "tested": True}, context)
    assert (live["target"], live["runs"], live["rollout_seconds"]) == (ENDPOINT, False, 0)
    assert endpoints(sagemaker) == {ENDPOINT: SECOND}
    assert updates == [{"EndpointName": ENDPOINT, "EndpointConfigName": SECOND}]
    tags = config_tags(SECOND)
    assert tags is not None
    assert (tags.execution_arn, tags.previous, tags.verified) == (EXECUTION, FIRST, False)
    [variant] = sagemaker.describe_endpoint_config(EndpointConfigName=SECOND)["ProductionVariants"]
    assert variant["InitialInstanceCount"] == 2


def test_old_instances_are_kept_and_watched_on_request(
    context: LambdaContext, create_config: Callable[..., None], updates: list[dict[str, Any]]
) -> None:
    create_config(SECOND)
    rollout = Rollout(termination_wait_seconds=60).model_dump()
    event = ON_ENDPOINT | CHANGES | {"tested": True, "rollout": rollout}
    assert create_endpoint(event, context)["rollout_seconds"] == 360
    guardrails = updates[0]["DeploymentConfig"]
    assert guardrails["BlueGreenUpdatePolicy"]["TerminationWaitInSeconds"] == 60
    assert guardrails["AutoRollbackConfiguration"]["Alarms"] == [{"AlarmName": f"{SECOND}-5xx"}]


def test_staging_endpoint_of_an_earlier_change_is_deleted(
    context: LambdaContext, sagemaker: SageMakerClient, create_config: Callable[..., None]
) -> None:
    """The earlier change had a config with the same name, which Create Model has deleted."""
    create_config(SECOND)
    sagemaker.create_endpoint(EndpointName=STAGING, EndpointConfigName=SECOND)
    sagemaker.delete_endpoint_config(EndpointConfigName=SECOND)
    sagemaker.delete_model(ModelName=SECOND)
    create_config(SECOND)
    with pytest.raises(EndpointBusy, match="left from an earlier change"):
        create_endpoint(EVENT | CHANGES | {"target": STAGING}, context)
    assert endpoints(sagemaker) == {ENDPOINT: FIRST}
    assert create_endpoint(EVENT | CHANGES | {"target": STAGING}, context)["target"] == STAGING


def test_update_waits_for_the_endpoint(
    context: LambdaContext,
    create_config: Callable[..., None],
    updates: list[dict[str, Any]],
    set_status: Callable[[str, str], None],
) -> None:
    create_config(SECOND)
    set_status(ENDPOINT, "SystemUpdating")
    with pytest.raises(EndpointBusy, match="is SystemUpdating"):
        create_endpoint(ON_ENDPOINT | CHANGES | {"tested": True}, context)
    assert updates == []


def test_drop_that_changes_nothing_finds_the_endpoint_running(
    context: LambdaContext, updates: list[dict[str, Any]]
) -> None:
    output = create_endpoint(ON_ENDPOINT | JOINS, context)
    assert (output["target"], output["runs"]) == (ENDPOINT, True)
    assert updates == []


def test_model_that_is_live_elsewhere_does_not_join(
    context: LambdaContext, updates: list[dict[str, Any]]
) -> None:
    put_live(OLDER, pool=None)
    with pytest.raises(ModelRejected, match="is live on an endpoint of its own"):
        create_endpoint(ON_ENDPOINT | CHANGES, context)
    assert updates == []


def test_next_drop_tests_a_change_whose_execution_was_stopped(
    context: LambdaContext,
    sagemaker: SageMakerClient,
    create_config: Callable[..., None],
    updates: list[dict[str, Any]],
) -> None:
    create_config(SECOND)
    remember_previous(SECOND, FIRST, OTHER_EXECUTION)
    sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=SECOND)
    create_endpoint(ON_ENDPOINT | CHANGES, context)
    tags = config_tags(SECOND)
    assert tags is not None
    assert (tags.execution_arn, tags.previous) == (EXECUTION, FIRST)


@pytest.mark.parametrize("exists", [True, False], ids=["running", "deleted-by-someone"])
def test_restored_version_runs_on_what_the_pool_has_now(
    context: LambdaContext, sagemaker: SageMakerClient, updates: list[dict[str, Any]], exists: bool
) -> None:
    """The pool had another config when the version was dropped."""
    if not exists:
        sagemaker.delete_endpoint(EndpointName=ENDPOINT)
    output = create_endpoint(ON_ENDPOINT | CHANGES | {"restoring": True}, context)
    assert output["deployment"]["pool_config"] == FIRST
    assert output["runs"] is exists
    assert endpoints(sagemaker) == {ENDPOINT: FIRST}
    assert updates == []


def test_restored_version_brings_back_no_pool_above_the_limits(
    context: LambdaContext, sagemaker: SageMakerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED_INSTANCE_TYPES", "ml.c5.large")
    restored = ON_ENDPOINT | JOINS | {"restoring": True}
    assert create_endpoint(restored, context)["runs"]  # the version adds no instance
    sagemaker.delete_endpoint(EndpointName=ENDPOINT)
    with pytest.raises(SpecRejected, match=r"small runs on ml\.m5\.large"):
        create_endpoint(restored, context)
    assert endpoints(sagemaker) == {}
