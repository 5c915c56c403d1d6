"""The real Triton writes the error texts that the failure table recognizes."""

from __future__ import annotations

from itertools import count

import pytest

from tests.local_sagemaker.archives import archive
from tests.local_sagemaker.conftest import LocalSageMaker
from tests.local_sagemaker.refused_models import REFUSED_MODELS, SEQUENCES
from tests.unit.functions.workflow.failures.texts import read_text
from tests.waiting import until
from workflow.failures.diagnosis import diagnose
from workflow.failures.failure import Diagnosis, FailureKind
from workflow.failures.log_errors import error_lines_in

_ATTEMPTS = count(1)


def refused(local: LocalSageMaker, name: str) -> Diagnosis:
    """Create an endpoint, which fails. Its name is new, so a test may try again."""
    endpoint = f"refused-{name}-{next(_ATTEMPTS)}"
    local.put_model(endpoint, archive(REFUSED_MODELS[name]()))
    local.create_config(endpoint, endpoint)
    local.create_endpoint(endpoint, endpoint)
    description = local.settled(endpoint)
    assert description["EndpointStatus"] == "Failed"
    until(lambda: error_lines_in(local.log_lines(endpoint)))
    diagnosis = diagnose(description["FailureReason"], local.log_lines(endpoint))
    local.delete(endpoint)
    return diagnosis


@pytest.mark.parametrize(
    "name",
    [
        "custom-operator",
        "gpu-wanted",
        "onnx-dtype",
        "python-dies",
        "python-import",
        "python-memory",
        "unknown-field",
    ],
)
def test_refused_model_is_diagnosed(local: LocalSageMaker, name: str) -> None:
    diagnosis, known = refused(local, name), read_text(name)
    assert diagnosis.kind is known.kind
    assert diagnosis.cause.startswith(known.cause.rstrip(".: "))


@pytest.mark.parametrize("backend", ["onnxruntime", "pytorch"])
def test_stand_in_refuses_what_only_tritons_own_backend_supports(
    local: LocalSageMaker, backend: str
) -> None:
    name = f"sequences-{backend}"
    local.put_model(name, archive(SEQUENCES[backend]()))
    local.create_config(name, name)
    local.create_endpoint(name, name)
    assert local.settled(name)["EndpointStatus"] == "Failed"
    sentence = "does not support sequence_batching; Triton's own backend does"
    assert until(lambda: any(sentence in line for line in local.log_lines(name)))
    local.delete(name)


def test_reason_behind_a_failed_warm_up_is_diagnosed(local: LocalSageMaker) -> None:
    """Triton sometimes crashes before it writes the reason, so there are three attempts."""
    causes = (refused(local, "warm-up-scalar").cause for _ in range(3))
    assert any("The output OUTPUT__0 is a scalar" in each for each in causes)


def test_failed_warm_up_is_diagnosed(local: LocalSageMaker) -> None:
    """Triton sometimes crashes here before it writes the reason."""
    assert refused(local, "warm-up").kind is FailureKind.WARMUP
