"""The real Triton, given models that it does not start with, still says what our table reads."""

from __future__ import annotations

import pytest

from tests.local_sagemaker.archives import archive
from tests.local_sagemaker.conftest import LocalSageMaker, until
from tests.local_sagemaker.refused_models import REFUSED_MODELS
from tests.unit.functions.workflow.failures.texts import read_text
from workflow.failures.diagnosis import explain
from workflow.failures.failure import Failure, FailureKind
from workflow.failures.log_errors import complaints_in


def refused(local: LocalSageMaker, name: str) -> Failure:
    endpoint = f"refused-{name}"
    local.put_model(endpoint, archive(REFUSED_MODELS[name]()))
    local.create_config(endpoint, endpoint)
    local.create_endpoint(endpoint, endpoint)
    description = local.settled(endpoint)
    assert description["EndpointStatus"] == "Failed"
    until(lambda: complaints_in(local.log_lines(endpoint)))
    failure = explain(description["FailureReason"], local.log_lines(endpoint))
    local.delete(endpoint)
    return failure


@pytest.mark.parametrize(
    "name",
    [
        "gpu-wanted",
        "onnx-dtype",
        "python-dies",
        "python-import",
        "python-memory",
        "torchvision-operator",
        "unknown-field",
    ],
)
def test_refusal_is_understood(local: LocalSageMaker, name: str) -> None:
    failure, known = refused(local, name), read_text(name)
    assert failure.kind is known.kind
    assert failure.cause.startswith(known.cause.rstrip(".: "))


def test_failed_warm_up_is_understood(local: LocalSageMaker) -> None:
    """Of which Triton crashes at times, before it says why."""
    assert refused(local, "warm-up").kind is FailureKind.WARMUP
