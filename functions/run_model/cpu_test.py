"""The CPU test: runs the model once alone and once in a batch, with the smoke test's checks.

It runs in the sandboxed process. ONNX Runtime loads the model with its standard operators only; it
never loads a library of operators, which would be code of the drop.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnxruntime
from tritonclient.utils import np_to_triton_dtype

from model_client.errors import ModelClientError
from model_client.expectation import read_expectation
from model_client.sample_file import File
from model_client.tensors import input_of
from run_model.result import CpuTestResult, Finding
from workflow.checks.answer_check import check_answer
from workflow.checks.batch_check import check_batch, larger_batch
from workflow.checks.golden import check_golden
from workflow.checks.random_data import random_data_named
from workflow.errors import SmokeTestFailed
from workflow.failures.diagnosis import diagnose_response

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model_client.expectation import Expectation
    from model_client.tensors import Tensors, TestInput
    from run_model.result import Job

MODEL_FILE = "model.onnx"

_ERRORS_ONLY = 3  # onnxruntime's ORT_LOGGING_LEVEL_ERROR
_OUT_OF_MEMORY = ("bad allocation", "bad_alloc", "Failed to allocate memory")


class NotEnoughMemory(Exception):
    """The model needs more memory than the process has."""


@dataclass(frozen=True)
class ModelOutputs:
    """The outputs of one run, by name, as Triton describes them."""

    arrays: Tensors
    milliseconds: float

    def output(self, name: str) -> NDArray[np.generic]:
        """Return one output."""
        return self.arrays[name]

    def outputs(self) -> list[dict[str, Any]]:
        """Return the description of the outputs: name, datatype, shape."""
        return [
            {
                "name": name,
                "datatype": np_to_triton_dtype(array.dtype),
                "shape": list(array.shape),
            }
            for name, array in self.arrays.items()
        ]

    @property
    def size(self) -> int:
        """Bytes of all outputs."""
        return sum(array.nbytes for array in self.arrays.values())


class OnnxModel:
    """A loaded model, on the CPU."""

    def __init__(self, path: Path) -> None:
        """Load a file, and the files with weights that it names."""
        onnxruntime.set_default_logger_severity(_ERRORS_ONLY)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        nodes = (*self._session.get_inputs(), *self._session.get_outputs())
        self._scalars = {node.name for node in nodes if node.shape == []}

    def run(self, tensors: Tensors) -> ModelOutputs:
        """Run the model. Triton takes and gives a scalar as [1].

        Raises:
            SmokeTestFailed: ONNX Runtime fails on this input.
            NotEnoughMemory: it needs more memory.
        """
        feeds = {n: a.reshape(()) if n in self._scalars else a for n, a in tensors.items()}
        started = time.perf_counter()
        try:
            arrays = self._session.run(None, feeds)
        except Exception as error:  # ONNX Runtime has a class for each of its codes
            raise _failure(error) from error
        named = zip([each.name for each in self._session.get_outputs()], arrays, strict=True)
        return ModelOutputs(
            {
                name: array.reshape(1) if name in self._scalars else array
                for name, array in named
                if array is not None
            },
            (time.perf_counter() - started) * 1000,
        )


def run_cpu_test(job: Job, folder: Path | None = None) -> CpuTestResult:
    """Load the model, run it, and check what it returns.

    What only this run cannot do says nothing about the model: loading it on a CPU with this version
    of ONNX Runtime, or with this memory.

    Args:
        job: the files' names, and what the model should return.
        folder: of the files; None: the working directory.
    """
    folder = folder or Path.cwd()
    try:
        model = OnnxModel(folder / MODEL_FILE)
    except Exception as error:  # as above, and those of Python's binding
        return CpuTestResult(
            skipped=f"ONNX Runtime {onnxruntime.__version__} cannot load it on a CPU: "
            + reason_of(error)
        )
    try:
        sample, expected = _file(folder, job.input), _file(folder, job.expected)
        test_input = input_of(sample, job.signature, job.smoke_test, job.request_limit)
        expectation = read_expectation(expected, job.signature)
        return _checked(model, job, test_input, expectation)
    except (MemoryError, NotEnoughMemory):
        return CpuTestResult(skipped="it needs more memory than the CPU test has")
    except (ModelClientError, SmokeTestFailed) as error:
        return CpuTestResult(refusal=Finding.of(error.cause, error.fix))


def _file(folder: Path, name: str | None) -> File | None:
    return None if name is None else File(name, (folder / name).read_bytes())


def _checked(
    model: OnnxModel, job: Job, test_input: TestInput, expectation: Expectation
) -> CpuTestResult:
    signature, tensors = job.signature, test_input.tensors
    with random_data_named(test_input, signature):
        first = model.run(tensors)
        items = next(iter(tensors.values())).shape[0] if signature.max_batch_size else 1
        check_answer(first, signature, items, expectation.not_finite)
    batch = _check_batch(model, job, tensors, first)
    warning = None
    try:
        check_golden(first, expectation, signature, job.smoke_test)
    except SmokeTestFailed as error:
        warning = Finding.of(f"In the CPU test: {error.cause}", error.fix)
    return CpuTestResult(
        check=f"ran once on CPU before the endpoint, with ONNX Runtime {onnxruntime.__version__} "
        f"and {test_input.description}: names, dtypes, shapes and values{batch}",
        warning=warning,
    )


def _check_batch(model: OnnxModel, job: Job, tensors: Tensors, first: ModelOutputs) -> str:
    signature, smoke_test = job.signature, job.smoke_test
    if signature.max_batch_size < 2 or signature.sequences:
        return ""
    batch = larger_batch(
        tensors,
        signature,
        max(first.size, 1),
        first.milliseconds,
        smoke_test.seed,
        request_limit=job.request_limit,
    )
    if batch is None:
        return ""
    consistent = smoke_test.deterministic and smoke_test.batch_consistency
    check_batch(
        model.run, batch, signature, first.milliseconds, consistent=consistent, most_clients=1
    )
    return f", and a batch of {batch.items}"


def _failure(error: Exception) -> Exception:
    reason = reason_of(error)
    if isinstance(error, MemoryError) or any(each in reason for each in _OUT_OF_MEMORY):
        return NotEnoughMemory()
    diagnosis = diagnose_response(reason)
    cause = f"{diagnosis.cause} " if diagnosis else ""
    compare = "Compare inputs, dims and max_batch_size in deploy.yaml with the model."
    return SmokeTestFailed(
        f"{cause}ONNX Runtime {onnxruntime.__version__} cannot run the model on a CPU: {reason}",
        f"{diagnosis.fix if diagnosis else compare} Then upload the model again.",
        depends_on_input=True,
    )


def reason_of(error: Exception) -> str:
    """Return ONNX Runtime's message on one line, without the name of its class."""
    text = " ".join(str(error).split())
    return text.removeprefix("[ONNXRuntimeError] : ")[:600] or type(error).__name__
