"""Writes a model as TorchScript, with its spec and its labels inside the file."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import torch
import yaml

from model_packager.exporter.measured_signature import measured_signature
from model_packager.exporter.model_to_export import ExportRejected, ModelToExport
from model_packager.names.drop import LABELS_FILE
from model_packager.spec.deploy_spec import INSIDE, DeploySpec, parse_deploy_spec

Method = Literal["trace", "script"]

_DONE: dict[Method, str] = {"trace": "traced", "script": "scripted"}


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
        found = measured_signature(script, model.example_inputs)
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


@contextmanager
def _without_jit_deprecation() -> Iterator[None]:
    """torch.jit is deprecated since torch 2.11; Triton's platform `pytorch_libtorch` needs it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"`torch\.jit\.\w+` is ", append=False)
        yield
