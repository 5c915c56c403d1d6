"""The rules of pytorch_backend, each with the message that a user would see in the log."""

from __future__ import annotations

from typing import Any

import pytest

from modeldrop.local.sagemaker.triton_backends.pytorch.libtorch_rules import (
    Argument,
    Refused,
    bind,
)


def tensor(name: str, kind: str = "Tensor") -> Argument:
    return Argument(name, f"{kind}Type", kind)


def config(inputs: list[str], outputs: list[str] | None = None, dtype: str = "FP32") -> Any:
    entry = lambda name: {"name": name, "data_type": f"TYPE_{dtype}", "dims": [4]}  # noqa: E731
    names = ["OUTPUT__0"] if outputs is None else outputs
    return {"input": list(map(entry, inputs)), "output": list(map(entry, names))}


X, Y = tensor("x"), tensor("y")


@pytest.mark.parametrize(
    ("names", "positions"),
    [
        (["y", "x"], [1, 0]),  # forward's argument names
        (["a__1", "b__0"], [1, 0]),  # by index
        (["INPUT__", "INPUT__1"], [0, 1]),  # atoi("") is 0
        (["image", "mask"], [0, 1]),  # strict order, silently
        (["x", "other__1"], [0, 1]),  # x has no "__": strict order for both
        (["my__in__0", "b__1"], [0, 1]),  # the first "__" counts, and "in__0" is not a number
    ],
)
def test_inputs_meet_arguments(names: list[str], positions: list[int]) -> None:
    assert list(bind("m", [X, Y], config(names)).inputs.values()) == positions


def test_names_without_a_convention_have_a_warning() -> None:
    assert bind("m", [X], config(["image"])).warnings == ()
    (warning,) = bind("m", [X], config(["my__image"])).warnings
    assert warning.startswith(
        "input 'my__image' or previous input(s) are neither an input argument"
    )
    (warning,) = bind("m", [X], config(["x"], ["a__b"])).warnings
    assert warning.startswith("output 'a__b' or previous output(s) of the model 'm' do not follow")


def test_outputs_go_by_index_or_by_order() -> None:
    assert bind("m", [X], config(["x"], ["b__1", "a__0"])).outputs == {"b__1": 1, "a__0": 0}
    assert bind("m", [X], config(["x"], ["scores", "a__0"])).outputs == {"scores": 0, "a__0": 1}


def test_single_dict_has_the_names_as_keys() -> None:
    binding = bind("m", [tensor("batch", "Dict")], config(["ids", "mask"]))
    assert binding.takes_dict
    assert list(binding.inputs) == ["ids", "mask"]


@pytest.mark.parametrize(
    ("arguments", "inputs", "sentence"),
    [
        (
            [X, Y],
            config(["INPUT__0"]),
            "unable to load model 'm', configuration expects 1 inputs, model provides 2",
        ),
        (
            [X, tensor("sr", "Int")],
            config(["INPUT__0", "INPUT__1"]),
            "An input of type 'Int' was detected in the model. Only a single input of type "
            "Dict(str, Tensor) or input(s) of type Tensor are supported.",
        ),
        (
            [X, tensor("d", "Dict")],
            config(["INPUT__0", "INPUT__1"]),
            "Multiple inputs of kind DictType were detected. Only a single input of type "
            "Dict(str, Tensor) is supported.",
        ),
        (
            [X],
            config(["INPUT__0"], dtype="UINT16"),
            "unsupported datatype TYPE_UINT16 for input 'INPUT__0' for model 'm'",
        ),
        (
            [X],
            config(["INPUT__0"], []),
            "model configuration must contain at least one output, none were specified.",
        ),
        (
            [],
            config([]),
            "model configuration must contain at least one input, none were specified.",
        ),
        ([X], config(["INPUT__1"]), "modeldrop: input 'INPUT__1' means argument 1"),
        ([X, Y], config(["a__1", "b__1"]), "modeldrop: two of the inputs a__1, b__1"),
        (
            [X],
            {**config(["INPUT__0"], dtype="STRING"), "max_batch_size": 8},
            "Triton only supports 1 dimensional List of String as input for 'INPUT__0'",
        ),
    ],
)
def test_what_libtorch_refuses_is_refused(
    arguments: list[Argument], inputs: Any, sentence: str
) -> None:
    with pytest.raises(Refused) as caught:
        bind("m", arguments, inputs)
    assert str(caught.value).startswith(sentence)


def test_lists_of_text() -> None:
    binding = bind("m", [tensor("texts", "List"), Y], config(["texts", "y"], dtype="STRING"))
    assert binding.texts == {"texts", "y"}
    assert bind("m", [X], config(["x"])).texts == frozenset()


def test_text_has_one_dimension() -> None:
    texts = config(["texts"], ["OUTPUT__0"], dtype="STRING")
    texts["output"][0]["dims"] = [-1, 2]
    with pytest.raises(Refused, match="1 dimensional List of String as output for 'OUTPUT__0'"):
        bind("m", [tensor("texts", "List")], texts)


def test_batch_of_texts_needs_a_reshape() -> None:
    texts = {**config(["texts"], dtype="STRING"), "max_batch_size": 8}
    for each in (*texts["input"], *texts["output"]):
        each |= {"dims": [1], "reshape": {}}
    assert bind("m", [tensor("texts", "List")], texts).texts == {"texts"}
