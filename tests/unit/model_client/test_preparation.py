from __future__ import annotations

import io
import math

import numpy as np
import pytest

from model_client.errors import InvalidTensor
from model_client.preparation import prepare
from model_client.sample_file import File
from model_packager.aws_limits import INVOCATION_BYTES
from model_packager.spec.smoke_test_spec import SmokeTest
from tests.unit.functions.samples import signature, tensor

MODEL = signature(inputs=(tensor("x", -1),), outputs=(tensor("y", 2),))


def npy(name: str, *shape: int) -> File:
    file = io.BytesIO()
    np.save(file, np.linspace(0, 1, math.prod(shape), dtype=np.float32).reshape(shape))
    return File(f"sample/{name}.npy", file.getvalue())


def test_sample_its_request_and_what_is_expected() -> None:
    prepared = prepare(npy("input", 4), npy("expected", 2), MODEL, SmokeTest())
    assert prepared.test_input.description == "sample/input.npy"
    assert list(prepared.expectation.arrays) == ["y"]
    assert len(prepared.body) > 16


def test_request_that_sagemaker_refuses() -> None:
    large = npy("input", INVOCATION_BYTES.value // 4)
    with pytest.raises(InvalidTensor, match=f"at most {INVOCATION_BYTES.value:,}") as caught:
        prepare(large, None, MODEL, SmokeTest())
    assert "binary" not in caught.value.fix
    with pytest.raises(InvalidTensor) as caught:
        prepare(npy("input", 250), None, MODEL, SmokeTest(request_format="json"), limit=1_500)
    assert "request_format: binary" in caught.value.fix


def test_random_data_that_no_request_holds_are_not_made() -> None:
    model = signature(inputs=(tensor("x", 2**20, 2**21),))
    with pytest.raises(InvalidTensor, match="random data has 8,796,093,022,208 bytes"):
        prepare(None, None, model, SmokeTest())


def test_sample_of_several_rows_for_a_model_with_sequences() -> None:
    of_sequences = MODEL.model_copy(update={"sequences": True})
    with pytest.raises(InvalidTensor, match="The sample has 2 rows"):
        prepare(npy("input", 2, 4), None, of_sequences, SmokeTest())
    assert prepare(npy("input", 1, 4), None, of_sequences, SmokeTest()).body
