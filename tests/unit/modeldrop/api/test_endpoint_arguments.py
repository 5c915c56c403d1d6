"""The request contains the arguments of an endpoint's call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from model_client.tensors import input_of
from model_packager.dtype import Dtype
from model_packager.spec.smoke_test_spec import SmokeTest
from modeldrop.api.endpoint import sample_file
from modeldrop.errors import UsageError
from tests.unit.functions.samples import signature, tensor

MODEL = signature((tensor("text", 1, dtype=Dtype.STRING), tensor("x", 2)))


@pytest.mark.parametrize(
    "text",
    ["a\0", ["a\0"], [["a\0"]], np.array(["a\0"], object), np.array([b"a\0"], object)],
)
def test_text_among_numbers(text: Any) -> None:
    file = sample_file({"text": text, "x": np.array([0.1, 2], np.float32)}, MODEL)
    tensors = input_of(file, MODEL, SmokeTest()).tensors
    assert tensors["text"].tolist() == [[b"a\0"]]
    np.testing.assert_array_equal(tensors["x"], np.array([[0.1, 2]], np.float32))


def test_numbers_alone() -> None:
    model = signature((tensor("x", 2),))
    file = sample_file({"x": [1, 2]}, model)
    assert file.name == "arguments.npz"
    assert input_of(file, model, SmokeTest()).tensors["x"].tolist() == [[1, 2]]


def test_other_objects_are_refused() -> None:
    with pytest.raises(UsageError, match="NoneType is not text"):
        sample_file({"text": [None], "x": [1, 2]}, MODEL)
