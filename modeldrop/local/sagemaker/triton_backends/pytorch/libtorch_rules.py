"""The checks of Triton's libtorch backend on a model's arguments and its configuration.

Source: triton-inference-server/pytorch_backend, src/pt/model_instance_state.cc (ValidateInputs,
ValidateOutputs, GetNamingConvention, AddInputToMap) and src/libtorch_utils.cc. The error
messages are the backend's. Undefined behavior of libtorch (an index without an argument) is
rejected here, with messages that start with "modeldrop:".

Pure: no torch, no Triton.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Triton's types for tensors in libtorch: no unsigned types except UINT8, and no BF16. STRING is a
# List[str].
DTYPES = ("BOOL", "UINT8", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64")

TEXT = "TYPE_STRING"
# The type of a tensor where the config has STRING (libtorch_utils.cc)
_TENSOR_INSTEAD_OF_TEXT = "INT32"

_DELIMITER = "__"


class Refused(Exception):
    """The libtorch backend rejects this model with this configuration."""


@dataclass(frozen=True)
class Argument:
    """An argument of forward, without self.

    Attributes:
        name: the name in the source code.
        kind: TorchScript's kind of type, such as "TensorType".
        type_text: TorchScript's type name, such as "int".
    """

    name: str
    kind: str
    type_text: str


@dataclass(frozen=True)
class Binding:
    """The mapping from names in the configuration to the model.

    Attributes:
        takes_dict: whether forward takes one Dict(str, Tensor), with the inputs' names as keys.
        inputs: the position of the argument for each input's name.
        outputs: the position of the tensor for each output's name, in the configuration's order.
        texts: the names of the inputs that are a List[str].
        output_dtypes: the data type for each output's name, such as "FP32".
        warnings: the backend's warnings about names that follow no convention.
    """

    takes_dict: bool
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    texts: frozenset[str]
    output_dtypes: Mapping[str, str]
    warnings: tuple[str, ...]


def bind(model: str, arguments: Sequence[Argument], config: Mapping[str, Any]) -> Binding:
    """Match a model's arguments with its configuration.

    Args:
        model: the model's name, for messages.
        arguments: forward's arguments, without self.
        config: the model configuration as Triton's JSON.

    Raises:
        Refused: the backend would reject the model; the message is the backend's.
    """
    inputs, outputs = config.get("input", []), config.get("output", [])
    takes_dict = len(arguments) == 1 and arguments[0].kind == "DictType"
    if not takes_dict:
        _check_arguments(model, arguments, len(inputs))
    for kind, tensors in (("input", inputs), ("output", outputs)):
        if not tensors:
            raise Refused(
                f"model configuration must contain at least one {kind}, none were specified."
            )
        for tensor in tensors:
            _check_dtype(model, kind, tensor, batches=config.get("max_batch_size", 0) > 0)
    names = [argument.name for argument in arguments]
    positions, input_warnings = _input_positions(model, [t["name"] for t in inputs], names)
    if takes_dict:
        positions = {tensor["name"]: i for i, tensor in enumerate(inputs)}
    _check_positions(positions, len(inputs))
    output_positions, output_warnings = _indexed(model, "output", [t["name"] for t in outputs])
    return Binding(
        takes_dict=takes_dict,
        inputs=positions,
        outputs=output_positions,
        texts=frozenset(t["name"] for t in inputs if t["data_type"] == TEXT),
        output_dtypes={
            t["name"]: _TENSOR_INSTEAD_OF_TEXT
            if t["data_type"] == TEXT
            else t["data_type"].removeprefix("TYPE_")
            for t in outputs
        },
        warnings=(*input_warnings, *output_warnings),
    )


def _check_arguments(model: str, arguments: Sequence[Argument], expected: int) -> None:
    if any(argument.kind == "DictType" for argument in arguments[1:]):
        raise Refused(
            "Multiple inputs of kind DictType were detected. Only a single input of type "
            "Dict(str, Tensor) is supported."
        )
    for argument in arguments:
        if argument.kind not in {"TensorType", "ListType"}:
            raise Refused(
                f"An input of type '{argument.type_text}' was detected in the model. Only a single "
                "input of type Dict(str, Tensor) or input(s) of type Tensor are supported."
            )
    if arguments and len(arguments) != expected:
        raise Refused(
            f"unable to load model '{model}', configuration expects {expected} inputs, model "
            f"provides {len(arguments)}"
        )


def _check_dtype(model: str, kind: str, tensor: Mapping[str, Any], *, batches: bool) -> None:
    name, dtype = tensor["name"], tensor["data_type"]
    if dtype == TEXT:
        reshape = tensor.get("reshape")
        dims = tensor["dims"] if reshape is None else reshape.get("shape", [])
        if len(dims) + batches > 1:
            raise Refused(
                f"Triton only supports 1 dimensional List of String as {kind} for '{name}' for "
                f"model '{model}'"
            )
    elif dtype.removeprefix("TYPE_") not in DTYPES:
        raise Refused(f"unsupported datatype {dtype} for {kind} '{name}' for model '{model}'")


def _input_positions(
    model: str, names: Sequence[str], arguments: Sequence[str]
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Match inputs by argument name if forward has all names; otherwise by index or by order."""
    if all(name in arguments for name in names):
        return {name: list(arguments).index(name) for name in names}, ()
    return _indexed(model, "input", names)


def _indexed(model: str, kind: str, names: Sequence[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Match names by the number after the first "__"; match by order if any name has none."""
    positions = {}
    for name in names:
        _, delimiter, index = name.partition(_DELIMITER)
        if not delimiter:
            return _in_order(names), ()
        if index and not (index.isascii() and index.isdigit()):
            return _in_order(names), (_not_by_convention(model, kind, name),)
        positions[name] = int(index or 0)  # atoi("") is 0
    return positions, ()


def _in_order(names: Sequence[str]) -> dict[str, int]:
    return {name: position for position, name in enumerate(names)}


def _not_by_convention(model: str, kind: str, name: str) -> str:
    follow = (
        f"input '{name}' or previous input(s) are neither an input argument to the model "
        f"'{model}' nor do they follow"
        if kind == "input"
        else f"output '{name}' or previous output(s) of the model '{model}' do not follow"
    )
    return (
        f"{follow} the <name>__<index> naming convention. Falling back to enforcing strict "
        "ordering from model configuration."
    )


def _check_positions(positions: Mapping[str, int], count: int) -> None:
    for name, position in positions.items():
        if position >= count:
            raise Refused(
                f"modeldrop: input '{name}' means argument {position} of forward, which has "
                f"{count}; libtorch's backend would write past its arguments"
            )
    if len(set(positions.values())) < len(positions):
        raise Refused(
            f"modeldrop: two of the inputs {', '.join(positions)} mean the same argument; "
            "libtorch's backend would leave another one empty"
        )
