from __future__ import annotations

import pytest

from model_packager.spec.deploy_spec import parse_deploy_spec
from smoke_test.refusal import refusal

MISMATCH = (
    '{"error":"configuration expects datatype TYPE_FP32 for output \'OUTPUT__0\', model provides '
    'TYPE_INT64"}'
)


def test_wrong_type_of_an_output_gives_the_lines_to_write() -> None:
    error = refusal("modeldrop-resnet", MISMATCH)
    assert error.cause == "The output OUTPUT__0 is INT64, and the config says FP32."
    spec = parse_deploy_spec(error.fix.partition("\n")[2], origin="the fix")
    assert spec.outputs is not None
    assert (spec.outputs[0].name, spec.outputs[0].dtype) == ("OUTPUT__0", "INT64")


@pytest.mark.parametrize("answer", ['{"error": "no room"}', "no room"])
def test_other_refusals_are_told_as_they_are(answer: str) -> None:
    error = refusal("modeldrop-resnet", answer)
    assert error.cause == "The model refused the request: no room"
    assert "/aws/sagemaker/Endpoints/modeldrop-resnet" in error.fix


@pytest.mark.parametrize(
    ("answer", "cause", "fix"),
    [
        (
            '{"error":"Stub process \'m_0\' is not healthy."}',
            "The model's Python process died",
            "more memory",
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
def test_what_the_table_of_failures_knows(answer: str, cause: str, fix: str) -> None:
    """The first two as tritonserver 2.51 answered, run in the local SageMaker."""
    error = refusal("modeldrop-resnet", answer)
    assert cause in error.cause
    assert "The model refused the request: " in error.cause
    assert fix in error.fix
    assert "/aws/sagemaker/Endpoints/modeldrop-resnet" in error.fix


@pytest.mark.parametrize("answer", ["[]", "{}", '"text"', ""])
def test_any_answer_is_told(answer: str) -> None:
    assert refusal("modeldrop-resnet", answer).cause.endswith(answer)


def test_training_mode_is_recognised() -> None:
    said = "ValueError: Expected more than 1 value per channel when training, got input size [1, 3]"
    assert refusal("modeldrop-resnet", said).fix.startswith("Call model.eval()")


def test_answer_that_took_too_long() -> None:
    """SageMaker's own words (aws/amazon-sagemaker-examples#799)."""
    said = (
        "Your invocation timed out while waiting for a response from container model. Review the "
        "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
    )
    error = refusal("modeldrop-resnet", said)
    assert "did not answer within the 60 s" in error.cause
    assert "endpoint.instance_type" in error.fix
