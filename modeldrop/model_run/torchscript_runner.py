"""Runs a TorchScript model in the sandboxed process like Triton's libtorch backend."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from model_client.cpu_test.engine import Engine, NotEnoughMemory, RunFailed
from model_client.cpu_test.single_run import run_once
from model_client.text import decoded, is_text, text_array
from model_packager.dtype import Dtype
from model_packager.rejection import SmokeTestFailed
from modeldrop.local.sagemaker.triton_backends.pytorch.libtorch_rules import (
    Argument,
    Refused,
    bind,
)
from modeldrop.local.sagemaker.triton_backends.pytorch.torch_import import import_torch

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from model_client.arrays import Tensors
    from model_client.cpu_test.result import CpuTestResult, Job
    from model_packager.signature import Signature, Tensor

torch = import_torch()

_THREADS = 2
_OUT_OF_MEMORY = ("not enough memory", "bad_alloc")


def run_cpu_test(job: Job) -> CpuTestResult:
    """Run the model of a job; see `run_once`."""
    torch.set_num_threads(_THREADS)
    return run_once(job, Engine(f"PyTorch {torch.__version__}", TorchScriptModel))


class TorchScriptModel:
    """A loaded model, on the CPU."""

    def __init__(self, path: Path, signature: Signature) -> None:
        """Load a file.

        Raises:
            SmokeTestFailed: the libtorch backend would reject the signature.
            RuntimeError: PyTorch cannot load the file.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch.jit is deprecated
            load: Any = torch.jit.load  # untyped
            self._model = load(str(path), map_location="cpu").eval()
        try:
            self._binding = bind(path.name, self._arguments(), _config(signature))
        except Refused as refused:
            raise _refusal(str(refused)) from refused

    def run(self, tensors: Tensors) -> Tensors:
        """Run the model; see `LoadedModel`."""
        given = {name: _argument(array) for name, array in tensors.items()}
        positions = self._binding.inputs
        ordered = [given[name] for name in sorted(positions, key=positions.__getitem__)]
        try:
            with torch.inference_mode():
                returned = self._model(given) if self._binding.takes_dict else self._model(*ordered)
        except Exception as error:  # the model's own code can raise anything
            if isinstance(error, MemoryError) or any(e in str(error) for e in _OUT_OF_MEMORY):
                raise NotEnoughMemory from error
            raise RunFailed(_last_line(error)) from error
        outputs = returned if isinstance(returned, tuple) else (returned,)
        return {
            name: self._output(name, position, outputs)
            for name, position in self._binding.outputs.items()
        }

    def _arguments(self) -> list[Argument]:
        arguments = list(self._model.forward.schema.arguments)
        if arguments and arguments[0].type.kind() == "ClassType":
            arguments = arguments[1:]
        return [Argument(each.name, each.type.kind(), str(each.type)) for each in arguments]

    def _output(self, name: str, position: int, outputs: tuple[Any, ...]) -> NDArray[np.generic]:
        if position >= len(outputs):
            raise _refusal(
                f"The output {name} is number {position}, but the model returns {len(outputs)} "
                "(counted from 0)"
            )
        output = outputs[position]
        if isinstance(output, list) and all(isinstance(each, str) for each in output):
            return text_array(np.array(output, np.object_))
        if not isinstance(output, torch.Tensor):
            raise _refusal(f"The output {name} is a {type(output).__name__}, not a tensor")
        if output.dim() == 0:
            raise _refusal(f"The output {name} is a scalar, which Triton does not support")
        try:
            array: NDArray[np.generic] = output.contiguous().numpy()
        except (RuntimeError, TypeError) as error:  # a sparse tensor, or a dtype such as bfloat16
            raise _refusal(f"The output {name} is {output.dtype}, {output.layout}") from error
        return array


def _argument(array: NDArray[np.generic]) -> Any:
    if is_text(array):
        return decoded(array).reshape(-1).tolist()
    return torch.from_numpy(array.copy())  # PyTorch accepts no read-only arrays


def _config(signature: Signature) -> dict[str, Any]:
    """Return the part of the configuration that `bind` reads, as Triton's JSON."""
    return {
        "max_batch_size": signature.max_batch_size,
        "input": [_described(each) for each in signature.inputs],
        "output": [_described(each) for each in signature.outputs],
    }


def _described(tensor: Tensor) -> dict[str, Any]:
    kind = "STRING" if tensor.dtype is Dtype.STRING else tensor.dtype
    return {"name": tensor.name, "data_type": f"TYPE_{kind}", "dims": list(tensor.dims)}


def _refusal(cause: str) -> SmokeTestFailed:
    return SmokeTestFailed(
        f"{cause}.",
        "Let forward return one tensor, or a tuple of tensors, with at least one dimension each; "
        "or correct inputs and outputs in deploy.yaml. Then upload the model again.",
    )


def _last_line(error: Exception) -> str:
    """Return the message at the end of TorchScript's traceback."""
    lines = [each for each in str(error).splitlines() if each.strip()]
    return lines[-1] if lines else type(error).__name__
