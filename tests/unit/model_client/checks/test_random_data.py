from __future__ import annotations

import pytest

from model_client.checks.random_data import random_data_named
from model_client.tensors import input_of
from model_packager.dtype import Dtype
from model_packager.rejection import SmokeTestFailed
from model_packager.signature import Signature, Tensor
from model_packager.spec.smoke_test_spec import SmokeTest
from smoke_test.error_response import smoke_test_failure


def signature(**inputs: str) -> Signature:
    tensors = tuple(
        Tensor(name=name, dtype=Dtype(dtype), dims=(1,)) for name, dtype in inputs.items()
    )
    return Signature(inputs=tensors, outputs=(), max_batch_size=0)


def failed(body: str, *, is_random: bool = True, **inputs: str) -> SmokeTestFailed:
    found = signature(**inputs)
    test_input = input_of(None, found, SmokeTest())
    if not is_random:
        test_input = type(test_input)("sample/input.npz", test_input.tensors)
    with pytest.raises(SmokeTestFailed) as caught, random_data_named(test_input, found):
        raise smoke_test_failure("modeldrop-vad", body, found)
    return caught.value


RATE = "PyTorch execute failure: Supported sampling rates: [8000, 16000]"
OF_PYTHON = "Failed to process the request(s) for model 'm_0', message: ValueError: no such id: 1"


@pytest.mark.parametrize("body", [RATE, OF_PYTHON])
def test_random_data_is_named_with_the_sample_to_add(body: str) -> None:
    failure = failed(body, x="FP32", sr="INT64")
    assert body in failure.cause + failure.evidence
    assert failure.cause.endswith("The request had random data, with only 0 and 1 in sr.")
    assert "next to it as sample/input.npz, with the arrays x and sr." in failure.fix


def test_floats_are_random_without_a_remark() -> None:
    assert failed(RATE, x="FP32").cause.endswith(" The request had random data.")


@pytest.mark.parametrize(
    "body",
    [
        "configuration expects datatype TYPE_FP32 for output 'y', model provides TYPE_INT64",
        "output 'y' is a scalar which is not supported.",
        "CUDA out of memory. Tried to allocate 1.70 GiB.",
    ],
)
def test_failure_of_any_input_does_not_name_it(body: str) -> None:
    assert "random" not in str(failed(body, x="FP32"))


def test_sample_of_the_owner_is_not_random() -> None:
    assert "random" not in str(failed(RATE, is_random=False, x="FP32"))


def test_random_words_are_named_with_a_sample_as_json() -> None:
    failure = failed(RATE, text="STRING", sr="INT64")
    assert failure.cause.endswith("with only 0 and 1 in sr and a few English words in text.")
    assert "as sample/input.json, with the arrays text and sr." in failure.fix
