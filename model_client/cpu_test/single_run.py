"""The CPU test: runs the model once alone and once in a batch, with the smoke test's checks.

It runs in the sandboxed process.
"""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tritonclient.utils import np_to_triton_dtype

from model_client.arrays import npz_of
from model_client.checks.answer_check import check_answer
from model_client.checks.batch_check import check_batch, larger_batch
from model_client.checks.golden import check_golden
from model_client.checks.random_data import random_data_named
from model_client.cpu_test.engine import NotEnoughMemory, RunFailed
from model_client.cpu_test.result import CpuTestResult, Finding, Output
from model_client.errors import ModelClientError
from model_client.expectation import read_expectation
from model_client.sample_file import File
from model_client.tensors import input_of
from model_packager.rejection import SmokeTestFailed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_client.arrays import Tensors
    from model_client.cpu_test.engine import Engine, LoadedModel
    from model_client.cpu_test.result import Job
    from model_client.expectation import Expectation
    from model_client.tensors import TestInput

_REASON_LENGTH = 600


@dataclass(frozen=True)
class ModelOutputs:
    """The outputs of one run, by name, as Triton describes them."""

    arrays: Tensors
    milliseconds: float

    def output(self, name: str) -> NDArray[np.generic]:
        """Return one output."""
        return self.arrays[name]

    def outputs(self) -> list[dict[str, Any]]:
        """Return the description of the outputs: name, datatype and shape."""
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
        """The size of all outputs in bytes."""
        return sum(array.nbytes for array in self.arrays.values())


def run_once(job: Job, engine: Engine, folder: Path | None = None) -> CpuTestResult:
    """Load the model, run it, and check its outputs.

    A failure to load the model on a CPU, with this version of the engine or this memory, proves
    nothing about the model.

    Args:
        job: the names of the files, and the expected outputs.
        engine: the engine that runs the model.
        folder: the folder of the files; None for the working directory.
    """
    folder = folder or Path.cwd()
    try:
        model = engine.load(folder / job.model, job.signature)
    except SmokeTestFailed as error:
        return CpuTestResult(refusal=Finding.of(error.cause, error.fix))
    except Exception as error:  # each engine has its own exception classes
        return CpuTestResult(
            skipped=f"{engine.title} cannot load it on a CPU: {one_line(str(error)) or repr(error)}"
        )
    test = _CpuTest(job, engine, model, folder)
    result = test.result()
    return result.model_copy(update=test.observed())


class _CpuTest:
    """A test, with the outputs of the first run."""

    def __init__(self, job: Job, engine: Engine, model: LoadedModel, folder: Path) -> None:
        self._job, self._engine, self._model, self._folder = job, engine, model, folder
        self._first: ModelOutputs | None = None

    def result(self) -> CpuTestResult:
        job = self._job
        try:
            test_input = input_of(
                self._file(job.input), job.signature, job.smoke_test, job.request_limit
            )
            expectation = read_expectation(self._file(job.expected), job.signature)
            return self._checked(test_input, expectation)
        except (MemoryError, NotEnoughMemory):
            return CpuTestResult(skipped="it needs more memory than the CPU test has")
        except (ModelClientError, SmokeTestFailed) as error:
            return CpuTestResult(refusal=Finding.of(error.cause, error.fix))

    def observed(self) -> dict[str, Any]:
        """Return the fields of the result for the declared outputs of the first run."""
        if self._first is None:
            return {}
        declared = {each.name for each in self._job.signature.outputs}
        outputs = [Output(**each) for each in self._first.outputs() if each["name"] in declared]
        values = _npz(self._first.arrays) if self._job.keep_outputs else None
        return {"outputs": tuple(outputs), "values": values}

    def _file(self, name: str | None) -> File | None:
        return None if name is None else File(name, (self._folder / name).read_bytes())

    def _checked(self, test_input: TestInput, expectation: Expectation) -> CpuTestResult:
        signature, tensors = self._job.signature, test_input.tensors
        with random_data_named(test_input, signature):
            first = self._first = self._run(tensors)
            items = next(iter(tensors.values())).shape[0] if signature.max_batch_size else 1
            check_answer(first, signature, items, expectation.not_finite)
        batch = self._check_batch(tensors, first)
        warning = None
        try:
            check_golden(first, expectation, signature, self._job.smoke_test)
        except SmokeTestFailed as error:
            warning = Finding.of(f"In the CPU test: {error.cause}", error.fix)
        return CpuTestResult(
            check=f"ran once on CPU before the endpoint, with {self._engine.title} and "
            f"{test_input.description}: names, dtypes, shapes and values{batch}",
            warning=warning,
        )

    def _check_batch(self, tensors: Tensors, first: ModelOutputs) -> str:
        signature, smoke_test = self._job.signature, self._job.smoke_test
        if signature.max_batch_size < 2 or signature.sequences:
            return ""
        batch = larger_batch(
            tensors,
            signature,
            max(first.size, 1),
            first.milliseconds,
            smoke_test.seed,
            request_limit=self._job.request_limit,
        )
        if batch is None:
            return ""
        consistent = smoke_test.deterministic and smoke_test.batch_consistency
        check_batch(
            self._run, batch, signature, first.milliseconds, consistent=consistent, max_clients=1
        )
        return f", and a batch of {batch.items}"

    def _run(self, tensors: Tensors) -> ModelOutputs:
        started = time.perf_counter()
        try:
            arrays = self._model.run(tensors)
        except RunFailed as error:
            raise self._failure(one_line(str(error))) from error
        return ModelOutputs(arrays, (time.perf_counter() - started) * 1000)

    def _failure(self, reason: str) -> SmokeTestFailed:
        cause, fix = self._engine.diagnose(reason) or (
            "",
            "Compare inputs, dims and max_batch_size in deploy.yaml with the model.",
        )
        cause = f"{cause} " if cause else ""
        return SmokeTestFailed(
            f"{cause}{self._engine.title} cannot run the model on a CPU: {reason}",
            f"{fix} Then upload the model again.",
            depends_on_input=True,
        )


def one_line(text: str) -> str:
    """Return the start of an engine's message on one line."""
    return " ".join(text.split())[:_REASON_LENGTH]


def _npz(arrays: Tensors) -> str:
    return base64.b64encode(npz_of(arrays, compressed=True)).decode()
