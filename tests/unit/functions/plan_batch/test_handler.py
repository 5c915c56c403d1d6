from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from model_packager.sagemaker import transform
from plan_batch import inputs
from plan_batch.handler import handler
from tests.unit.functions.batch_runs import FOLDER, NAME, ORDER, READY, RUN
from tests.unit.functions.recorded import deploy, record
from tests.unit.functions.samples import (
    ARTIFACTS,
    CONFIG,
    DROPS,
    ENDPOINT,
    EXECUTION,
    OTHER_EXECUTION,
    VERSION,
)
from workflow.aws.clients import s3
from workflow.batch.documents import read_plan
from workflow.errors import BatchFailed
from workflow.versions.deployment_record import mark_asleep, write_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient


@pytest.fixture(autouse=True)
def _stack(monkeypatch: pytest.MonkeyPatch, buckets: None) -> None:
    for name, value in {
        "ENDPOINT_PREFIX": "modeldrop",
        "ARTIFACT_BUCKET": ARTIFACTS,
        "BATCH_INSTANCE_TYPE": "ml.m5.xlarge",
        "BATCH_INSTANCE_COUNT": "2",
        "ALLOWED_INSTANCE_TYPES": "ml.m5.xlarge",
        "MAX_INSTANCES": "6",
    }.items():
        monkeypatch.setenv(name, value)


def event(key: str = READY.key, execution: str = EXECUTION) -> dict[str, Any]:
    return {
        "source": READY.model_dump() | {"key": key},
        "order": ORDER,
        "event_time": "2026-08-02T00:00:00Z",
        "execution_arn": execution,
    }


def upload(*names: str) -> None:
    for name in names:
        s3().put_object(Bucket=DROPS, Key=FOLDER + name, Body=b"1")


@pytest.fixture
def live(sagemaker: SageMakerClient, create_config: Callable[..., None]) -> None:
    """A live version on an endpoint."""
    create_config(CONFIG, model="resnet")
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    deploy()


def test_plan_names_the_live_version_and_all_inputs(live: None, context: LambdaContext) -> None:
    upload("b.npy", "a/1.png", "_READY", "_results/a.npz", ".hidden", "x/_tmp/y.npy", "notes.txt")
    planned = handler(event(), context)["batch"]
    assert (planned["version"], planned["job"], planned["name"]) == (VERSION, "monday", NAME)
    plan = read_plan(ARTIFACTS, RUN)
    assert [each.name for each in plan.inputs] == ["a/1.png", "b.npy", "notes.txt"]
    assert (plan.hosting.instance_type, plan.hosting.instance_count) == ("ml.m5.xlarge", 2)
    assert planned["inputs"] == 3


def test_another_execution_gets_nothing_and_a_retry_gets_the_same(
    live: None, context: LambdaContext
) -> None:
    upload("a.npy")
    planned = handler(event(), context)
    assert handler(event(execution=OTHER_EXECUTION), context) == {"batch": None}
    assert handler(event(), context) == planned


def test_sleeping_model_is_planned(sagemaker: SageMakerClient, context: LambdaContext) -> None:
    upload("a.npy")
    deploy()
    mark_asleep(ARTIFACTS, "resnet", record().deployed_at, EXECUTION)
    assert handler(event(), context)["batch"]["version"] == VERSION


def test_model_of_a_pool_is_planned(sagemaker: SageMakerClient, context: LambdaContext) -> None:
    upload("a.npy")
    pooled = record().deployment.model_copy(update={"pool": "small", "endpoint": "modeldrop-pool"})
    write_record(ARTIFACTS, record().model_copy(update={"deployment": pooled}))
    assert handler(event(), context)["batch"]["name"] == NAME


@pytest.mark.parametrize("recorded", [False, True])
def test_without_a_live_version_the_job_is_rejected(
    sagemaker: SageMakerClient, context: LambdaContext, *, recorded: bool
) -> None:
    upload("a.npy")
    if recorded:
        deploy()  # a user has deleted the endpoint
    with pytest.raises(BatchFailed, match="No version of resnet is live"):
        handler(event(), context)


@pytest.mark.parametrize("key", ["resnet/batch/monday/sub/_READY", "bad name/batch/x/_READY"])
def test_other_keys_start_no_job(key: str, context: LambdaContext) -> None:
    with pytest.raises(BatchFailed, match="does not start a batch job"):
        handler(event(key), context)


def test_job_without_inputs_is_rejected(live: None, context: LambdaContext) -> None:
    upload("_READY")
    with pytest.raises(BatchFailed, match="has no inputs"):
        handler(event(), context)


@pytest.mark.parametrize(
    ("limit", "value", "cause"),
    [("MAX_FILES", 1, "more than 1 inputs"), ("MAX_BYTES", 1, "has at most 1")],
)
def test_too_large_job_is_rejected_with_the_numbers(
    live: None,
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    value: int,
    cause: str,
) -> None:
    assert getattr(transform, limit) > 1000
    monkeypatch.setattr(inputs, limit, value)
    upload("a.npy", "b.npy")
    with pytest.raises(BatchFailed, match=cause):
        handler(event(), context)
