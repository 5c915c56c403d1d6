"""Exports a PyTorch model to a model.pt that includes its deployment settings.

Only this module of the package imports torch, and no Lambda function imports it. The written file
contains its signature (extra/deploy.yaml) and, if known, its class labels (extra/labels.txt).

The same model produces the same bytes if the versions of torch and Python and the folder are the
same, in a new process: torch numbers the classes of a process (`___torch_mangle_7`) and records the
paths of their source files.
"""

import importlib
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
import yaml

from model_packager.dtype import NUMBERS, OF_TORCH_DTYPE, Dtype
from model_packager.names.drop import LABELS_FILE
from model_packager.rejection import Rejection
from model_packager.spec.deploy_spec import INSIDE, DeploySpec, parse_deploy_spec

Method = Literal["trace", "script"]

MAX_BATCH_SIZE = 8
_DONE: dict[Method, str] = {"trace": "traced", "script": "scripted"}
_TOLERANCE = 1e-3
_INPUT = re.compile(r"(?P<dtype>[A-Z0-9]+)\[(?P<dims>[0-9, ]+)\]")
_TORCH_DTYPES = {dtype: getattr(torch, name[6:]) for name, dtype in OF_TORCH_DTYPE.items()}


class ExportRejected(Rejection):
    """The model cannot be exported as it is."""


@dataclass(frozen=True)
class ModelToExport:
    """What a factory returns.

    Attributes:
        module: the model, which is exported in evaluation mode, on the CPU.
        example_inputs: the arguments of `forward`, one tensor each. A leading
            dimension of 1 in all of them (rank 2 or more) stands for the batch.
        labels: the names of the classes, in the order of the first output.
        spec: keys of deploy.yaml to add or override.
    """

    module: torch.nn.Module
    example_inputs: tuple[torch.Tensor, ...]
    labels: tuple[str, ...] | None = None
    spec: Mapping[str, Any] = field(default_factory=dict)


def export_torchvision(
    name: str,
    output: Path,
    *,
    weights: str | None = None,
    seed: int = 0,
    method: Method = "trace",
) -> DeploySpec:
    """Export a classifier of torchvision.

    Args:
        name: the name in torchvision, such as "resnet50".
        output: where to write model.pt.
        weights: such as "DEFAULT", which torch downloads; None for random weights.
        seed: for the random weights.
        method: "trace" or "script".

    Returns:
        The spec inside the file.

    Raises:
        ExportRejected: the model or its weights do not exist, or cannot be downloaded.
    """
    return export(torchvision_classifier(name, weights=weights, seed=seed), output, method=method)


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


def torchvision_classifier(name: str, *, weights: str | None, seed: int) -> ModelToExport:
    """Build a classifier of torchvision, with the preprocessing of its training.

    Raises:
        ExportRejected: the model or its weights do not exist, or cannot be downloaded.
    """
    import torchvision  # takes seconds, and factories may not need it

    known = torchvision.models.list_models(module=torchvision.models)
    if name not in known:
        raise ExportRejected(
            f"torchvision has no classifier called {name!r}; it has {', '.join(known)}.",
            "Choose one of these, or write a factory: `modeldrop export MODULE:FACTORY`.",
        )
    choices = torchvision.models.get_model_weights(name)
    if weights is not None and weights not in choices.__members__:
        raise ExportRejected(
            f"{name} has no weights called {weights!r}; it has {', '.join(choices.__members__)}.",
            "Choose one of these, or none for random weights.",
        )
    chosen = choices[weights or "DEFAULT"]
    preset = chosen.transforms()
    picture = {
        "resize": preset.resize_size[0],
        "crop": preset.crop_size[0],
        "interpolation": preset.interpolation.value,
        "mean": list(preset.mean),
        "std": list(preset.std),
    }
    with _seeded(seed):
        try:
            module = torchvision.models.get_model(name, weights=chosen if weights else None)
        except OSError as error:  # includes urllib's URLError
            raise ExportRejected(
                f"The weights of {name} cannot be downloaded: {error}.",
                "Export where the internet can be reached, or with random weights.",
            ) from error
        example = torch.randn(1, 3, picture["crop"], picture["crop"])
    labels = tuple(chosen.meta["categories"]) if weights else None
    return ModelToExport(module, (example,), labels, {"smoke_test": {"picture": picture}})


def from_factory(reference: str, *, inputs: Sequence[str], seed: int) -> ModelToExport:
    """Call the function that a reference names.

    Raises:
        ExportRejected: there is no such function, or it returns something else.
    """
    with _seeded(seed):
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
        return ModelToExport(made, tuple(_example(text) for text in inputs))


def export(model: ModelToExport, output: Path, *, method: Method = "trace") -> DeploySpec:
    """Write a model as TorchScript, with its signature inside.

    The model runs with the example, to find the shapes of its outputs. It also runs with a batch of
    two, to find out whether it supports batches: each row must have the same output as alone.

    Returns:
        The spec inside the file.

    Raises:
        ExportRejected: the model cannot be traced or scripted, or Triton cannot serve it.
        SpecRejected: `model.spec` is invalid.
    """
    module = model.module.eval().cpu()
    with torch.no_grad(), _without_jit_deprecation():
        script = _compiled(module, model.example_inputs, method)
        found = _signature(script, model.example_inputs)
        text = yaml.safe_dump({**found, **model.spec}, sort_keys=False, default_flow_style=None)
        spec = parse_deploy_spec(text, origin=INSIDE)
        extra = {"deploy.yaml": text}
        if model.labels:
            extra[LABELS_FILE] = "\n".join(model.labels) + "\n"
        _save(script, output, extra)
    return spec


def _save(script: torch.jit.ScriptModule, output: Path, extra: dict[str, str]) -> None:
    # torch names the archive's root folder after the file, so the file always has the same name.
    # The rename makes sure that no model.pt is incomplete.
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".export-") as folder:
        written = Path(folder) / "model.pt"
        torch.jit.save(script, str(written), _extra_files=extra)
        written.replace(output)


def _compiled(
    module: torch.nn.Module, example_inputs: tuple[torch.Tensor, ...], method: Method
) -> torch.jit.ScriptModule:
    try:
        compiled: torch.jit.ScriptModule = (
            torch.jit.script(module)
            if method == "script"
            else torch.jit.trace(module, example_inputs, check_trace=False)  # type: ignore[no-untyped-call]
        )
    except Exception as error:  # the model's own code runs here: it can raise anything
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ExportRejected(
            f"The model cannot be {_DONE[method]}: {first_line:.300}",
            "Check that `forward` runs with the example inputs and uses only TorchScript features; "
            f"or try the other method, {'trace' if method == 'script' else 'script'}.",
        ) from error
    return compiled


def _signature(
    script: torch.jit.ScriptModule, example_inputs: tuple[torch.Tensor, ...]
) -> dict[str, Any]:
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


def _example(text: str) -> torch.Tensor:
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


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


@contextmanager
def _without_jit_deprecation() -> Iterator[None]:
    """torch.jit is deprecated since torch 2.11; Triton's platform `pytorch_libtorch` needs it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"`torch\.jit\.\w+` is ", append=False)
        yield
