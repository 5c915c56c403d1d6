"""Checks the inputs and outputs that a config.pbtxt declares, like Triton.

Source: `ValidateIOShape` and the checks around it in triton-inference-server/core,
src/model_config_utils.cc.
"""

from __future__ import annotations

from model_packager.formats.pbtxt_reader import Message
from model_packager.formats.triton_backends import TritonBackend
from model_packager.formats.triton_repository.config.model_config import (
    ModelConfig,
    enum,
    flag,
    integer,
    integers,
    last_value,
    message_of,
    messages,
    text,
)


def check_tensors(config: ModelConfig, backend: TritonBackend | None) -> None:
    """Check the declared inputs and outputs, and max_batch_size.

    Raises:
        ModelRejected: Triton does not accept them. The error has the line.
    """
    largest = integer(config.message, "max_batch_size")
    if largest < 0:
        raise config.rejected_field(
            "max_batch_size",
            f"max_batch_size is {largest}, but Triton accepts 0 or more.",
            "Write 0 for a model without batches",
        )
    for kind in ("input", "output"):
        for tensor in messages(config.message, kind):
            _check_tensor(config, kind, tensor, largest)
            _check_layout(config, kind, tensor, backend)


def _check_tensor(config: ModelConfig, kind: str, tensor: Message, largest: int) -> None:
    name = text(tensor, "name")
    if not name:
        raise config.rejected(tensor.line, f"an {kind} has no name.", "Add its name")
    if "data_type" not in tensor or last_value(tensor, "data_type") == 0:
        raise config.rejected(
            tensor.line_of("name"),
            f"the {kind} {name:.120} has no data_type.",
            "Add it, such as `data_type: TYPE_FP32`",
        )
    dims = integers(tensor, "dims")
    if not dims:
        raise config.rejected(
            tensor.line_of("name"),
            f"the {kind} {name:.120} has no dims.",
            "Add its dims, such as `dims: [ 4 ]` (without the batch if max_batch_size is above 0)",
        )
    shape = integers(message_of(tensor, "reshape"), "shape")
    for field, sizes in (("dims", dims), ("reshape", shape)):
        if any(size < 1 and size != -1 for size in sizes):
            raise config.rejected(
                tensor.line_of(field),
                f"the {kind} {name:.120} has the {field} {list(sizes)!r:.120}.",
                "Write sizes of 1 or more, and -1 for a size that varies",
            )
    if "reshape" not in tensor:
        return
    if not shape and largest == 0:
        raise config.rejected(
            tensor.line_of("reshape"),
            f"the {kind} {name:.120} has an empty reshape, which needs a max_batch_size above 0.",
            "Remove reshape",
        )
    if not _same_count(dims, shape):
        raise config.rejected(
            tensor.line_of("reshape"),
            f"the {kind} {name:.120} has a different number of elements in reshape, {list(shape)}, "
            f"than in dims, {list(dims)}.",
            "Correct one of them",
        )


def _check_layout(
    config: ModelConfig, kind: str, tensor: Message, backend: TritonBackend | None
) -> None:
    name = text(tensor, "name")
    layout = enum(tensor, "format", "Format")
    if layout != "FORMAT_NONE" and len(integers(tensor, "dims")) != 3:
        raise config.rejected(
            tensor.line_of("format"),
            f"the {kind} {name:.120} has the format {layout}, which needs three dims.",
            "Remove format, or write three dims",
        )
    if backend is not None and backend.name == "tensorrt":
        return
    for field in ("is_shape_tensor", "is_non_linear_format_io"):
        if flag(tensor, field):
            raise config.rejected(
                tensor.line_of(field),
                f"the {kind} {name:.120} has {field}, which only TensorRT models have.",
                "Remove it",
            )


def _same_count(dims: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Compare the products of the fixed sizes between variable sizes."""
    return _products(dims) == _products(shape)


def _products(sizes: tuple[int, ...]) -> list[int]:
    products = [1]
    for size in sizes:
        if size == -1:
            products.append(1)
        else:
            products[-1] *= size
    return products
