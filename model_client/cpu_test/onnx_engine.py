"""Runs ONNX models with ONNX Runtime on a CPU.

It supports only standard operators, and never loads a library of operators, which would be code
from the drop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnxruntime

from model_client.cpu_test.engine import NotEnoughMemory, RunFailed

if TYPE_CHECKING:
    from pathlib import Path

    from model_client.arrays import Tensors
    from model_packager.signature import Signature

TITLE = f"ONNX Runtime {onnxruntime.__version__}"

_ERRORS_ONLY = 3  # onnxruntime's ORT_LOGGING_LEVEL_ERROR
_OUT_OF_MEMORY = ("bad allocation", "bad_alloc", "Failed to allocate memory")


def load(path: Path, _signature: Signature) -> OnnxModel:
    """Load a file, and the weight files that it names.

    Raises:
        Exception: ONNX Runtime cannot load the file. The text has no class name.
    """
    try:
        return OnnxModel(path)
    except Exception as error:  # ONNX Runtime has a class for each error code
        raise RuntimeError(_reason(error)) from error


class OnnxModel:
    """A model loaded on the CPU."""

    def __init__(self, path: Path) -> None:
        onnxruntime.set_default_logger_severity(_ERRORS_ONLY)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        nodes = (*self._session.get_inputs(), *self._session.get_outputs())
        self._scalars = {node.name for node in nodes if node.shape == []}

    def run(self, tensors: Tensors) -> Tensors:
        """Run the model. Triton uses the shape [1] for a scalar. See `LoadedModel`."""
        feeds = {n: a.reshape(()) if n in self._scalars else a for n, a in tensors.items()}
        try:
            arrays = self._session.run(None, feeds)
        except Exception as error:  # as above
            reason = _reason(error)
            if isinstance(error, MemoryError) or any(each in reason for each in _OUT_OF_MEMORY):
                raise NotEnoughMemory from error
            raise RunFailed(reason) from error
        named = zip([each.name for each in self._session.get_outputs()], arrays, strict=True)
        return {
            name: array.reshape(1) if name in self._scalars else array
            for name, array in named
            if array is not None
        }


def _reason(error: Exception) -> str:
    """Return ONNX Runtime's message without the class name."""
    return str(error).strip().removeprefix("[ONNXRuntimeError] : ") or type(error).__name__
