"""Finds a model's signature by running it with its example inputs."""

from typing import Any

import torch

from model_packager.dtype import NUMBERS, OF_TORCH_DTYPE
from model_packager.exporter.model_to_export import ExportRejected

MAX_BATCH_SIZE = 8
_TOLERANCE = 1e-3


def measured_signature(
    script: torch.jit.ScriptModule, example_inputs: tuple[torch.Tensor, ...]
) -> dict[str, Any]:
    """Return max_batch_size, inputs and outputs, as keys of deploy.yaml.

    Args:
        script: the compiled model, in evaluation mode.
        example_inputs: the arguments of `forward`, one tensor each.

    Raises:
        ExportRejected: Triton's PyTorch backend cannot serve the model's inputs or outputs.
    """
    outputs = _run(script, example_inputs)
    batched = _takes_batch_of_one(example_inputs) and _takes_batch_of_one(outputs)
    max_batch_size = (
        (MAX_BATCH_SIZE if _rows_agree(script, example_inputs) else 1) if batched else 0
    )
    return {
        "max_batch_size": max_batch_size,
        "inputs": _tensors("INPUT", example_inputs, batched=batched),
        "outputs": _tensors("OUTPUT", outputs, batched=batched),
    }


def _run(
    script: torch.jit.ScriptModule, inputs: tuple[torch.Tensor, ...]
) -> tuple[torch.Tensor, ...]:
    result = script(*inputs)
    outputs = result if isinstance(result, tuple) else (result,)
    if not outputs or not all(isinstance(each, torch.Tensor) for each in outputs):
        raise ExportRejected(
            "The model's `forward` returns neither a tensor nor a tuple of tensors. Triton's "
            "PyTorch backend supports nothing else.",
            "Wrap the model in a module whose `forward` returns a tuple of tensors.",
        )
    return outputs


def _takes_batch_of_one(tensors: tuple[torch.Tensor, ...]) -> bool:
    return all(each.dim() >= 2 and each.shape[0] == 1 for each in tensors)


def _rows_agree(script: torch.jit.ScriptModule, example_inputs: tuple[torch.Tensor, ...]) -> bool:
    """Return whether two different examples have the same outputs in a batch as alone."""
    other = tuple(each.flip(-1) for each in example_inputs)
    both = tuple(torch.cat(pair) for pair in zip(example_inputs, other, strict=True))
    try:
        together = _run(script, both)
    except RuntimeError:
        return False
    for row, alone in enumerate((_run(script, example_inputs), _run(script, other))):
        for joint, single in zip(together, alone, strict=True):
            if joint.shape != (2, *single.shape[1:]) or not _near(joint[row], single[0]):
                return False
    return True


def _near(one: torch.Tensor, other: torch.Tensor) -> bool:
    if not one.is_floating_point():
        return torch.equal(one, other)
    scale = other.nan_to_num().abs().max().item() if other.numel() else 0.0
    return torch.allclose(one, other, rtol=_TOLERANCE, atol=_TOLERANCE * scale, equal_nan=True)


def _tensors(
    prefix: str, tensors: tuple[torch.Tensor, ...], *, batched: bool
) -> list[dict[str, Any]]:
    described = []
    for index, tensor in enumerate(tensors):
        dtype = OF_TORCH_DTYPE.get(str(tensor.dtype))
        dims = list(tensor.shape)[1 if batched else 0 :]
        name = f"{prefix}__{index}"
        if dtype is None or not dims or 0 in dims:
            raise ExportRejected(
                f"{name} is a {tensor.dtype} of shape {list(tensor.shape)}. Triton's PyTorch "
                f"backend takes tensors of {', '.join(NUMBERS)}, of one dimension or more.",
                "Convert it in a module around the model: `.float()` for the type, "
                "`.unsqueeze(0)` for the shape.",
            )
        described.append({"name": name, "dtype": str(dtype), "dims": dims})
    return described
