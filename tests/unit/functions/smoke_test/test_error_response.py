from __future__ import annotations

import json
from typing import Any, cast

import pytest

from model_packager.dtype import Dtype
from model_packager.signature import Signature, Tensor
from model_packager.spec.deploy_spec import parse_deploy_spec
from smoke_test.error_response import require_memory, smoke_test_failure
from tests.unit.functions.samples import DEPLOYMENT, client_error
from workflow.errors import SmokeTestFailed

NAMES = ("OUTPUT__0", "OUTPUT__1", "it's {y}[0]")


def signature() -> Signature:
    return Signature(
        inputs=(Tensor(name="INPUT__0", dtype=Dtype.FP32, dims=(3,)),),
        outputs=tuple(Tensor(name=name, dtype=Dtype.FP32, dims=(2,)) for name in NAMES),
        max_batch_size=8,
    )


MISMATCH = (
    '{"error":"configuration expects datatype TYPE_FP32 for output \'OUTPUT__0\', model provides '
    'TYPE_INT64"}'
)


def test_wrong_output_dtype_has_a_fix_to_paste() -> None:
    error = smoke_test_failure("modeldrop-resnet", MISMATCH, signature())
    assert error.cause == "The output OUTPUT__0 is INT64, but the model configuration says FP32."
    spec = parse_deploy_spec(error.fix.partition("\n")[2], origin="the fix")
    assert spec.outputs is not None
    assert [(each.name, each.dtype, each.dims) for each in spec.outputs] == [
        ("OUTPUT__0", "INT64", (2,)),
        ("OUTPUT__1", "FP32", (2,)),
        ("it's {y}[0]", "FP32", (2,)),
    ]


def test_fix_for_a_name_that_needs_quotes_can_be_pasted() -> None:
    body = json.dumps({"error": json.loads(MISMATCH)["error"].replace("OUTPUT__0", "it's {y}[0]")})
    error = smoke_test_failure("modeldrop-resnet", body, signature())
    outputs = parse_deploy_spec(error.fix.partition("\n")[2], origin="the fix").outputs or ()
    assert (outputs[-1].name, outputs[-1].dtype) == ("it's {y}[0]", "INT64")


@pytest.mark.parametrize("body", ['{"error": "no room"}', "no room"])
def test_other_errors_are_shown_unchanged(body: str) -> None:
    error = smoke_test_failure("modeldrop-resnet", body, signature())
    assert error.cause == "The model rejected the request: no room"
    assert "/aws/sagemaker/Endpoints/modeldrop-resnet" in error.fix


@pytest.mark.parametrize(
    ("body", "cause", "fix"),
    [
        (
            '{"error":"Stub process \'m_0\' is not healthy."}',
            "The model's process ended without an error message",
            "more memory",
        ),
        (
            "Amazon SageMaker could not get a response from the modeldrop-resnet endpoint. This "
            "can occur when CPU or memory utilization is high.",
            "The container ended while it ran the request: the model crashed it, or memory ran "
            "out.",
            "every batch size",
        ),
        (
            '{"error":"Failed to process the request(s) for model \'m_0\', message: RuntimeError: '
            "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate "
            "memory: you tried to allocate 17179869184 bytes. Error code 12 (Cannot allocate "
            'memory)\\n\\nAt:\\n  /opt/ml/model/m/1/model.py(9): execute\\n"}',
            "the model requested 17179869184 bytes more",
            "endpoint.instance_type",
        ),
        (
            '{"error":"PyTorch execute failure: CUDA out of memory. Tried to allocate 1.70 GiB."}',
            "The GPU is out of memory: the model requested 1.70 GiB more.",
            "more GPU memory",
        ),
    ],
)
def test_known_failure_is_diagnosed(body: str, cause: str, fix: str) -> None:
    """The first two are responses of tritonserver 2.51 in the local SageMaker."""
    error = smoke_test_failure("modeldrop-resnet", body, signature())
    assert cause in error.cause
    assert error.evidence.startswith("The container answered: ")
    assert fix in error.fix
    assert "/aws/sagemaker/Endpoints/modeldrop-resnet" in error.fix


@pytest.mark.parametrize("body", ["[]", "{}", '"text"', ""])
def test_any_response_is_shown(body: str) -> None:
    assert smoke_test_failure("modeldrop-resnet", body, signature()).cause.endswith(body)


def test_training_mode_is_recognized() -> None:
    message = (
        "ValueError: Expected more than 1 value per channel when training, got input size [1, 3]"
    )
    assert smoke_test_failure("modeldrop-resnet", message, signature()).fix.startswith(
        "Call model.eval()"
    )


def test_invocation_timeout() -> None:
    """The message is SageMaker's (aws/amazon-sagemaker-examples#799)."""
    message = (
        "Your invocation timed out while waiting for a response from container model. Review the "
        "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
    )
    error = smoke_test_failure("modeldrop-resnet", message, signature())
    assert "did not respond within SageMaker's limit of 60 s" in error.cause
    assert "endpoint.instance_type" in error.fix


def test_status_507_of_a_pool_is_a_lack_of_memory() -> None:
    full = client_error("ModelError", "out of memory", "InvokeEndpoint")
    cast("dict[str, Any]", full.response)["OriginalStatusCode"] = 507
    pooled = DEPLOYMENT.model_copy(update={"pool": "small"})
    with pytest.raises(SmokeTestFailed, match="does not fit into the memory of the pool small"):
        require_memory(full, pooled)
    require_memory(full, DEPLOYMENT)
    require_memory(client_error("ModelError", "wrong", "InvokeEndpoint"), pooled)
