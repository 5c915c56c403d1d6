"""The whole smoke test: its requests, its checks in order, and its result."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from moto.sagemaker.models import sagemaker_backends

from model_packager.golden_sample import FOLDER
from model_packager.names.artifact import artifact_prefix
from model_packager.names.endpoint import resource_name
from model_packager.names.pool import pool_archive_key, pool_config_names
from model_packager.spec.hosting_mode import HostingMode
from model_packager.spec.smoke_test_spec import SmokeTest
from smoke_test import smoke_test_run
from smoke_test.checks import neighbors
from smoke_test.handler import handler
from tests.unit.functions.deployment_records import record
from tests.unit.functions.samples import (
    ACCOUNT,
    ARTIFACTS,
    CONFIG,
    DEPLOYMENT,
    ENDPOINT,
    LATER,
    OLDER,
    REGION,
    VERSION,
    signature,
)
from tests.unit.functions.smoke_test.served_models import (
    ContainerError,
    ServedModels,
    served_models,
)
from workflow.aws.clients import s3
from workflow.contracts.deploy_model import SmokeTestInput, SmokeTestOutput
from workflow.errors import SmokeTestFailed, SupersededDrop
from workflow.versions.deployment_record import write_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient
    from numpy.typing import NDArray

    from model_packager.stored import Deployment

POOL = "zoo"
POOLED = DEPLOYMENT.model_copy(update={"pool": POOL})
NEIGHBOR = POOLED.model_copy(update={"model": "dog"})


def doubled(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return 2 * x[:, :2]


@pytest.fixture
def served(buckets: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServedModels]:
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    with served_models() as models:
        models.models[None] = doubled
        yield models


@pytest.fixture
def endpoint(sagemaker: SageMakerClient, create_config: Callable[..., None]) -> None:
    """An endpoint with the version under test."""
    create_config(CONFIG)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)


@pytest.fixture
def pool(
    sagemaker: SageMakerClient, create_config: Callable[..., None], served: ServedModels
) -> ServedModels:
    """A pool with the version under test and a live neighbor."""
    config, _ = pool_config_names(ENDPOINT)
    create_config(config)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=config)
    write_record(ARTIFACTS, record().model_copy(update={"deployment": NEIGHBOR}))
    s3().put_object(Bucket=ARTIFACTS, Key=pool_archive_key(POOL, "dog", VERSION), Body=b"")
    for each in (POOLED, NEIGHBOR):
        served.models[each.target_model] = doubled
    return served


def event(
    deployment: Deployment = DEPLOYMENT,
    *,
    has_labels: bool = False,
    mode: str = "real_time",
    **smoke_test: Any,
) -> dict[str, Any]:
    return SmokeTestInput(
        deployment=deployment,
        target=ENDPOINT,
        signature=signature(),
        smoke_test=SmokeTest.model_validate({"requests": 3} | smoke_test),
        hosting_mode=HostingMode.model_validate({"mode": mode}),
        has_labels=has_labels,
        earlier_checks=("a test on a CPU",),
    ).model_dump(mode="json")


def output_of(event: dict[str, Any], context: LambdaContext) -> SmokeTestOutput:
    return SmokeTestOutput.model_validate(handler(event, context))


def failure_of(event: dict[str, Any], context: LambdaContext) -> SmokeTestFailed:
    with pytest.raises(SmokeTestFailed) as raised:
        handler(event, context)
    return raised.value


def put_sample(name: str, array: NDArray[np.float32], model: str = "resnet") -> None:
    file = io.BytesIO()
    np.save(file, array)
    key = f"{artifact_prefix(model, VERSION)}{FOLDER}{name}.npy"
    s3().put_object(Bucket=ARTIFACTS, Key=key, Body=file.getvalue())


def test_result_has_the_checks_in_order(
    endpoint: None, served: ServedModels, context: LambdaContext
) -> None:
    output = output_of(event(), context)
    smoke = output.smoke
    assert smoke.checks[:3] == [
        "a test on a CPU",
        smoke_test_run.OUTPUTS,
        smoke_test_run.REPEATED,
    ]
    assert len(smoke.checks) == 5, "and two for the larger batch"
    assert (smoke.requests, len(output.latencies_ms)) == (3, 2), "without the first request"
    assert smoke.output_shapes == {"OUTPUT__0": [1, 2]}
    assert smoke.golden == "none"
    assert smoke.top == []
    assert served.requests[None] > 3, "the larger batch and its rows"


def test_golden_sample_passes(endpoint: None, served: ServedModels, context: LambdaContext) -> None:
    put_sample("input", np.ones((1, 3), np.float32))
    put_sample("expected", np.full((1, 2), 2, np.float32))
    smoke = output_of(event(), context).smoke
    assert smoke_test_run.GOLDEN in smoke.checks
    assert smoke.golden.startswith("sample/expected.npy: OUTPUT__0 within ")


def test_golden_sample_fails(endpoint: None, served: ServedModels, context: LambdaContext) -> None:
    put_sample("input", np.ones((1, 3), np.float32))
    put_sample("expected", np.full((1, 2), 3, np.float32))
    failure = failure_of(event(), context)
    assert failure.failed == smoke_test_run.GOLDEN
    assert failure.passed == ("a test on a CPU", smoke_test_run.OUTPUTS, smoke_test_run.REPEATED)


def test_missing_output_fails(endpoint: None, served: ServedModels, context: LambdaContext) -> None:
    served.models[None] = lambda x: x[:, :1]
    assert failure_of(event(), context).failed == smoke_test_run.OUTPUTS


def test_changing_output_fails_unless_the_model_is_not_deterministic(
    endpoint: None, served: ServedModels, context: LambdaContext
) -> None:
    served.models[None] = lambda x: doubled(x) + served.requests[None]
    assert failure_of(event(), context).failed == smoke_test_run.REPEATED
    checks = output_of(event(deterministic=False), context).smoke.checks
    assert smoke_test_run.REPEATED not in checks


def test_rows_that_mix_in_a_batch_fail(
    endpoint: None, served: ServedModels, context: LambdaContext
) -> None:
    served.models[None] = lambda x: doubled(x) + len(x)
    assert failure_of(event(), context).failed == "a larger batch"
    assert output_of(event(batch_consistency=False), context).smoke.passed


def test_latency_over_the_limit_fails(
    endpoint: None, served: ServedModels, context: LambdaContext
) -> None:
    failure = failure_of(event(max_p50_ms=1e-6), context)
    assert failure.failed == "the latency"
    assert "smoke_test.max_p50_ms" in f"{failure.cause} {failure.fix}"


def test_load_test_is_a_check(endpoint: None, served: ServedModels, context: LambdaContext) -> None:
    smoke = output_of(event(load={"concurrency": [1, 2], "seconds": 0.01}), context).smoke
    measured = {(point.concurrency, point.request_format) for point in smoke.load}
    # One client also sends JSON, to compare both formats.
    assert measured == {(1, "binary"), (1, "json"), (2, "binary")}
    assert "no errors with up to 2 concurrent clients" in smoke.checks


def test_top_classes_are_requested_for_a_model_with_labels(
    endpoint: None, served: ServedModels, context: LambdaContext
) -> None:
    put_sample("input", np.array([[1, 5, 0]], np.float32))
    top = output_of(event(has_labels=True), context).smoke.top
    assert [(each.label, each.score) for each in top] == [("class 1", 10), ("class 0", 2)]


def test_error_of_the_container_is_explained(
    endpoint: None, served: ServedModels, context: LambdaContext
) -> None:
    def broken(x: NDArray[np.float32]) -> NDArray[np.float32]:
        raise ContainerError("no such operator")

    served.models[None] = broken
    failure = failure_of(event(), context)
    assert failure.failed == smoke_test_run.OUTPUTS
    assert "no such operator" in failure.cause


@pytest.mark.parametrize("works", [True, False])
def test_version_that_is_replaced_during_its_test_is_superseded(
    endpoint: None, served: ServedModels, context: LambdaContext, *, works: bool
) -> None:
    def replaced(x: NDArray[np.float32]) -> NDArray[np.float32]:
        live = sagemaker_backends[ACCOUNT][REGION].endpoints[ENDPOINT]
        live.endpoint_config_name = resource_name(ENDPOINT, LATER)
        return doubled(x) if works else x[:, :1]

    served.models[None] = replaced
    with pytest.raises(SupersededDrop):
        handler(event(), context)


def test_asynchronous_results_are_read_from_s3(
    endpoint: None, served: ServedModels, context: LambdaContext
) -> None:
    assert output_of(event(mode="async"), context).smoke.passed
    listed = s3().list_objects_v2(Bucket=ARTIFACTS, Prefix="outputs/")
    assert listed["KeyCount"] == served.requests[None]


def test_asynchronous_failure_is_explained(
    endpoint: None, served: ServedModels, context: LambdaContext
) -> None:
    def broken(x: NDArray[np.float32]) -> NDArray[np.float32]:
        raise ContainerError("no such operator")

    served.models[None] = broken
    assert "no such operator" in failure_of(event(mode="async"), context).cause


def test_neighbor_in_a_pool_answers(pool: ServedModels, context: LambdaContext) -> None:
    checks = output_of(event(POOLED), context).smoke.checks
    assert "the other models of the pool answer, too (1)" in checks
    assert pool.requests[NEIGHBOR.target_model] == 2, "and a second one, which is not slower"


def test_neighbor_that_fails_rejects_the_version(
    pool: ServedModels, context: LambdaContext
) -> None:
    pool.models[NEIGHBOR.target_model] = lambda x: x[:, :1]
    failure = failure_of(event(POOLED), context)
    assert failure.failed == "the other models of the pool"
    assert failure.cause.startswith("The model dog in the same pool fails now: ")


def test_neighbor_that_fails_its_golden_sample_rejects_the_version(
    pool: ServedModels, context: LambdaContext
) -> None:
    put_sample("input", np.ones((1, 3), np.float32), "dog")
    put_sample("expected", np.full((1, 2), 3, np.float32), "dog")
    cause = failure_of(event(POOLED), context).cause
    assert cause.startswith("The model dog in the same pool fails now: ")
    assert "differ from the golden sample" in cause


def test_older_version_of_the_model_is_no_neighbor(
    pool: ServedModels, context: LambdaContext
) -> None:
    older = POOLED.model_copy(update={"version": OLDER})
    write_record(ARTIFACTS, record().model_copy(update={"deployment": older}))
    s3().put_object(Bucket=ARTIFACTS, Key=pool_archive_key(POOL, "resnet", OLDER), Body=b"")
    checks = output_of(event(POOLED), context).smoke.checks
    assert "the other models of the pool answer, too (1)" in checks


def test_models_that_do_not_fit_into_memory_together_are_rejected(
    pool: ServedModels, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each first request of a round seems to load its model, because any request is slow enough."""
    monkeypatch.setattr(neighbors, "LOADING_MS", -1e6)
    failure = failure_of(event(POOLED), context)
    assert "The 2 models of the pool zoo do not fit into its memory together" in failure.cause
    assert pool.requests[NEIGHBOR.target_model] == 2 * neighbors.ROUNDS


def test_model_that_is_too_large_for_its_pool_is_rejected(
    pool: ServedModels, context: LambdaContext
) -> None:
    def too_large(x: NDArray[np.float32]) -> NDArray[np.float32]:
        raise ContainerError("no memory", 507)

    pool.models[POOLED.target_model] = too_large
    cause = failure_of(event(POOLED), context).cause
    assert cause == "resnet does not fit into the memory of the pool zoo."
