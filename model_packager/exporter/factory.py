"""Exports the model that a function of the user returns."""

import importlib
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from model_packager.dtype import NUMBERS, OF_TORCH_DTYPE, Dtype
from model_packager.exporter.model_to_export import ExportRejected, ModelToExport
from model_packager.exporter.random_numbers import seeded
from model_packager.exporter.torchscript_file import Method, export
from model_packager.spec.deploy_spec import DeploySpec

_INPUT = re.compile(r"(?P<dtype>[A-Z0-9]+)\[(?P<dims>[0-9, ]+)\]")
_TORCH_DTYPES = {dtype: getattr(torch, name[6:]) for name, dtype in OF_TORCH_DTYPE.items()}


def export_factory(
    reference: str,
    output: Path,
    *,
    inputs: Sequence[str] = (),
    seed: int = 0,
    method: Method = "trace",
) -> DeploySpec:
    """Export the model that a function returns.

    Args:
        reference: `module:function`, importable from here or from the current folder. The function
            takes no argument and returns a `ModelToExport`, or a torch.nn.Module.
        output: where to write model.pt.
        inputs: for a torch.nn.Module, its inputs without the batch, such as "FP32[3,224,224]".
        seed: for torch's random numbers while the function runs.
        method: "trace" or "script".

    Returns:
        The spec inside the file.

    Raises:
        ExportRejected: there is no such function, or what it returns cannot be exported.
    """
    return export(from_factory(reference, inputs=inputs, seed=seed), output, method=method)


def from_factory(reference: str, *, inputs: Sequence[str], seed: int) -> ModelToExport:
    """Call the function that a reference names.

    Raises:
        ExportRejected: there is no such function, or it returns something else.
    """
    with seeded(seed):
        made = _function(reference)()
        if isinstance(made, ModelToExport):
            return made
        if not isinstance(made, torch.nn.Module):
            raise ExportRejected(
                f"{reference} returned a {type(made).__name__}.",
                "Let it return a torch.nn.Module or a model_packager.exporter.ModelToExport.",
            )
        if not inputs:
            raise ExportRejected(
                f"{reference} returned a torch.nn.Module without its inputs.",
                'Name them, such as `--input "FP32[3,224,224]"` (the batch left out), or let the '
                "function return a model_packager.exporter.ModelToExport.",
            )
        return ModelToExport(made, tuple(example_input(text) for text in inputs))


def example_input(text: str) -> torch.Tensor:
    """Return a random input of a type and shape, with a batch of one.

    Args:
        text: the dtype and the dims without the batch, such as "FP32[3,224,224]".

    Raises:
        ExportRejected: the text is neither, or Triton's PyTorch backend has no such dtype.
    """
    match = _INPUT.fullmatch(text.replace(" ", ""))
    dims = [int(size) for size in match["dims"].split(",") if size] if match else []
    if match is None or match["dtype"] not in NUMBERS or not dims or 0 in dims:
        raise ExportRejected(
            f"The input {text!r} cannot be read.",
            f"Write it as DTYPE[dims], such as FP32[3,224,224]; types are {', '.join(NUMBERS)}.",
        )
    dtype = _TORCH_DTYPES[Dtype(match["dtype"])]
    if dtype.is_floating_point:
        return torch.randn(1, *dims).to(dtype)
    return torch.randint(0, 2, (1, *dims)).to(dtype)  # also in range for an index or a token


def _function(reference: str) -> Any:
    module_name, separator, name = reference.partition(":")
    if not separator or not module_name or not name:
        raise ExportRejected(
            f"{reference!r} is not a reference to a function.",
            "Write it as module:function, such as examples.efficientnet_lite0:efficientnet_lite0.",
        )
    with _current_folder_importable():
        try:
            module = importlib.import_module(module_name)
        except ImportError as error:
            raise ExportRejected(
                f"The module {module_name!r} cannot be imported: {error}.",
                "Check its name, run the command in the folder that contains it, and install what "
                "it imports.",
            ) from error
    function = getattr(module, name, None)
    if not callable(function):
        raise ExportRejected(
            f"The module {module_name!r} has no function {name!r}.",
            "Check the name after the colon.",
        )
    return function


@contextmanager
def _current_folder_importable() -> Iterator[None]:
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
