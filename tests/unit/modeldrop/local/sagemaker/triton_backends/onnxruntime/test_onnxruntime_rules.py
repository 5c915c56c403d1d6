"""The rules of onnxruntime_backend, each with the message that a user would see in the log."""

from __future__ import annotations

from typing import Any

import pytest

from modeldrop.local.sagemaker.triton_backends.onnxruntime.onnxruntime_rules import (
    Node,
    Refused,
    check,
)

X = Node("x", "tensor(float)", (-1, 4))
Y = Node("y", "tensor(int64)", (-1, -1))


def config(**changes: Any) -> dict[str, Any]:
    return {
        "max_batch_size": 8,
        "input": [{"name": "x", "data_type": "TYPE_FP32", "dims": ["4"]}],
        "output": [{"name": "y", "data_type": "TYPE_INT64", "dims": ["-1"]}],
        **changes,
    }


def one_tensor(name: str, dtype: str, *dims: str, **more: Any) -> list[dict[str, Any]]:
    return [{"name": name, "data_type": dtype, "dims": list(dims), **more}]


def test_fitting_config() -> None:
    check("m", [X], [Y], config())


def test_input_may_be_narrower_where_the_model_is_open() -> None:
    check("m", [Node("x", "tensor(float)", (-1, -1))], [Y], config())


def test_scalar_is_one() -> None:
    output = one_tensor("y", "TYPE_INT64", "1")
    check("m", [X], [Node("y", "tensor(int64)", ())], config(output=output))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"input": []}, "configuration expects 0 inputs, model provides 1"),
        ({"input": one_tensor("z", "TYPE_FP32", "4")}, "unexpected inference input 'z'"),
        ({"output": one_tensor("z", "TYPE_INT64", "-1")}, "unexpected inference output 'z'"),
        ({"input": one_tensor("x", "TYPE_FP16", "4")}, "model provides TYPE_FP32"),
        ({"input": one_tensor("x", "TYPE_FP32", "5")}, r"complete shape \[-1,5\]"),
        ({"input": one_tensor("x", "TYPE_FP32", "4", "1")}, "specifies 3 dimensions"),
        ({"output": one_tensor("y", "TYPE_INT64", "3")}, r"complete shape \[-1,3\]"),
    ],
)
def test_config_that_does_not_fit(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        check("m", [X], [Y], config(**changes))


def test_batch_of_a_model_without_one() -> None:
    with pytest.raises(Refused, match="for the model to support batching"):
        check("m", [Node("x", "tensor(float)", (2, 4))], [Y], config())


def test_text() -> None:
    text = Node("x", "tensor(string)", (-1, 4))
    with pytest.raises(Refused, match="TYPE_FP32 for input 'x', model provides TYPE_STRING"):
        check("m", [text], [Y], config())
    check("m", [text], [Y], config(input=one_tensor("x", "TYPE_STRING", "4")))


def test_type_without_a_counterpart() -> None:
    with pytest.raises(Refused, match=r"is a tensor\(bfloat16\)"):
        check("m", [Node("x", "tensor(bfloat16)", (-1, 4))], [Y], config())
