"""Lines of YAML that a message prints, for people to paste into deploy.yaml."""

import math
from collections.abc import Mapping, Sequence

import yaml

from model_packager.dtype import Dtype
from model_packager.signature import Signature, Tensor

Size = int | str
"""A number, or a word that stands for one, such as SIZE."""

PASTE = "Put these lines into deploy.yaml, then upload it:"


def yaml_text(text: str) -> str:
    """Write a text as YAML on one line, valid within braces.

    It is quoted only if YAML would read it differently, such as `yes`, `0` or `x[0]`.
    """
    visible = text.isprintable()
    line: str = yaml.safe_dump(
        [text],
        default_style=None if visible else '"',  # single quotes do not escape line feeds
        default_flow_style=True,
        width=math.inf,
        allow_unicode=visible,
    )
    return line.strip()[1:-1]


def tensor_line(
    name: str,
    dtype: Dtype | str,
    dims: Sequence[Size],
    example_dims: Sequence[Size] | None = None,
) -> str:
    """Write one item of `inputs` or `outputs`, without a final line feed."""
    example = "" if example_dims is None else f", example_dims: {_sizes(example_dims)}"
    return f"  - {{name: {yaml_text(name)}, dtype: {dtype}, dims: {_sizes(dims)}{example}}}"


def open_tensor_line(name: str, dtype: Dtype | str, dims: Sequence[int]) -> str:
    """Write an input, with the word SIZE for each variable size."""
    if -1 not in dims:
        return tensor_line(name, dtype, dims)
    return tensor_line(name, dtype, dims, ["SIZE" if size < 0 else size for size in dims])


def outputs_lines(
    signature: Signature,
    *,
    dtypes: Mapping[str, Dtype | str] | None = None,
    dims: Mapping[str, Sequence[int]] | None = None,
) -> str:
    """Return all outputs as YAML, with corrected types and dims.

    All outputs are needed, because the list in deploy.yaml replaces the model's own.

    Args:
        signature: the outputs as declared so far.
        dtypes: corrected types by name.
        dims: corrected dims by name, without the batch dimension.
    """
    lines = (
        tensor_line(
            each.name,
            (dtypes or {}).get(each.name, each.dtype),
            (dims or {}).get(each.name, each.dims),
        )
        for each in signature.outputs
    )
    return "\n".join(("outputs:", *lines))


def inputs_lines(signature: Signature, *, dims: Mapping[str, Sequence[int]]) -> str:
    """Return all inputs as YAML, with corrected dims. Only unchanged dims keep their example.

    Args:
        signature: the inputs as declared so far.
        dims: corrected dims by name, without the batch dimension.
    """
    lines = (
        tensor_line(each.name, each.dtype, dims[each.name])
        if each.name in dims
        else tensor_line(each.name, each.dtype, each.dims, _example(each))
        for each in signature.inputs
    )
    return "\n".join(("inputs:", *lines))


def _example(tensor: Tensor) -> Sequence[int] | None:
    """Return the example shape of an input with variable sizes; None without any."""
    return tensor.example_dims if -1 in tensor.dims else None


def _sizes(sizes: Sequence[Size]) -> str:
    return f"[{', '.join(map(str, sizes))}]"
