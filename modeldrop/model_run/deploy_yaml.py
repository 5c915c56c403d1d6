"""Writes the inputs and outputs of a run into the text of a deploy.yaml. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from model_packager.spec.yaml.lines import outputs_lines, tensor_line
from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from model_client.cpu_test.result import Output
    from model_packager.signature import Signature


def observed_lines(outputs: Sequence[Output], signature: Signature) -> str | None:
    """Return the returned outputs as `outputs` for deploy.yaml.

    Returns:
        The lines; None if the signature already declares exactly these, or there are no outputs.
    """
    from model_client.checks.answer_check import returned_outputs  # imports numpy

    if not outputs:
        return None
    lines = returned_outputs({each.name: each.model_dump() for each in outputs}, signature)
    is_declared = not any(each.assumed for each in signature.outputs)
    return None if is_declared and lines == outputs_lines(signature) else lines


def signature_lines(signature: Signature) -> str:
    """Return the whole signature for deploy.yaml."""
    inputs = (
        tensor_line(
            each.name, each.dtype, each.dims, each.example_dims if -1 in each.dims else None
        )
        for each in signature.inputs
    )
    return "\n".join(
        (
            f"max_batch_size: {signature.max_batch_size}",
            "inputs:",
            *inputs,
            outputs_lines(signature),
            "",
        )
    )


def input_lines(shapes: Mapping[str, tuple[str, Sequence[int]]], max_batch_size: int) -> str:
    """Return `inputs` for deploy.yaml, for arrays whose first dimension is the batch.

    If an array has only one dimension, the model gets no batch dimension.

    Args:
        shapes: Triton's dtype and the shape of each array, by input name.
        max_batch_size: the value for a model with a batch dimension.
    """
    has_batch = all(len(shape) > 1 for _, shape in shapes.values())
    return "\n".join(
        (
            f"max_batch_size: {max_batch_size if has_batch else 0}",
            "inputs:",
            *(
                tensor_line(name, dtype, shape[1:] if has_batch else shape)
                for name, (dtype, shape) in shapes.items()
            ),
            "",
        )
    )


def with_outputs(text: str | None, lines: str) -> str:
    """Return a deploy.yaml with these outputs and all its other lines.

    Args:
        text: the text of a valid deploy.yaml; None without one.
        lines: the lines of `outputs`.

    Raises:
        UsageError: the whole file is in braces, so there are no lines to replace.
    """
    is_json = (text or "").lstrip().startswith("{")  # may have tabs, which PyYAML rejects
    root = None if is_json else yaml.compose(text or "", yaml.SafeLoader)
    if root is None and not is_json:
        return f"{text or ''}{lines}\n"
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise UsageError(
            "deploy.yaml is in braces, so --write does not change it.",
            f"Put these lines into it:\n{lines}",
        )
    all_lines = (text or "").splitlines()
    for key, value in root.value:
        if key.value == "outputs":
            start, end = key.start_mark.line, value.end_mark.line
            if value.end_mark.column > 0 or end == start:
                end += 1
            while end > start + 1 and _says_nothing(all_lines[end - 1]):
                end -= 1
            all_lines[start:end] = lines.splitlines()
            return "\n".join([*all_lines, ""])
    return "\n".join([*all_lines, *lines.splitlines(), ""])


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")
