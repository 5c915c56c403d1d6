"""Runs a model file once on this computer, in a sandboxed process with limits."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from model_packager import golden_sample
from model_packager.formats.onnx.format import ONNX
from model_packager.formats.torchscript.format import TORCHSCRIPT
from model_packager.sagemaker.payload_fit import largest_test_request
from modeldrop.dropping.drop import SAMPLE_FOLDER
from modeldrop.errors import CommandError, UsageError

if TYPE_CHECKING:
    from model_client.cpu_test.result import CpuTestResult
    from model_packager.formats.base import ModelFormat
    from model_packager.inspection import Inspection

SECONDS = 300
"""The time limit of the process, in seconds."""

_LIBRARIES = {
    TORCHSCRIPT.object_name: ("torch", "modeldrop.model_run.torchscript_runner"),
    ONNX.object_name: ("onnxruntime", "modeldrop.model_run.onnx_runner"),
}
"""The package that runs each format, and the module that uses it."""

_VALUES_BYTES = 2 * golden_sample.SIZE_LIMIT
"""The maximum size in bytes of a result with the values of the outputs."""


class NotRun(CommandError):
    """The model could not be run on this computer, but may work on the endpoint."""


@dataclass(frozen=True)
class SampleFiles:
    """The input and the expected output of a run. Without an input, the data is random."""

    input: Path | None = None
    expected: Path | None = None

    @classmethod
    def next_to(cls, model: Path) -> SampleFiles:
        """Return the golden sample next to a model."""
        folder = model.parent / SAMPLE_FOLDER
        if not folder.is_dir():
            return cls()
        sizes = {each.name: each.stat().st_size for each in folder.iterdir() if each.is_file()}
        names = golden_sample.choose(sizes)
        return cls(*(None if name is None else folder / name for name in names))


def require_engine(model_format: ModelFormat) -> None:
    """Check that this computer can run models of a format.

    Raises:
        UsageError: no library runs the format, or it is not installed.
    """
    if model_format.object_name not in _LIBRARIES:
        raise UsageError(
            f"Only TorchScript and ONNX models can be run here, and this is {model_format.title}."
        )
    library, _ = _LIBRARIES[model_format.object_name]
    if importlib.util.find_spec(library) is None:
        raise UsageError(
            f"To run {model_format.title}, Modeldrop needs the package {library}, which is not "
            "installed.",
            f"Install it into Modeldrop's environment: python -m pip install {library}",
        )


def run_model(
    file: Path, inspection: Inspection, sample: SampleFiles, *, keep_outputs: bool = False
) -> CpuTestResult:
    """Run a model that passed the offline inspection.

    Args:
        file: the model.
        inspection: the inspection of the file.
        sample: the input.
        keep_outputs: whether to return the values, too.

    Returns:
        The result, with either `check` or `refusal`.

    Raises:
        UsageError: this format, or this computer, cannot run the model.
        NotRun: the library cannot load the file, or a limit was reached.
    """
    require_engine(inspection.model_format)
    # Imported here, because most commands do not need numpy and tritonclient.
    from model_client.cpu_test.result import Job
    from model_client.cpu_test.sandbox import ANSWER_BYTES, Limits, run_sandboxed

    job = Job(
        model=str(file.resolve()),
        signature=inspection.signature,
        smoke_test=inspection.spec.smoke_test,
        request_limit=largest_test_request(inspection.spec.hosting),
        input=_path(sample.input),
        expected=_path(sample.expected),
        keep_outputs=keep_outputs,
    )
    answer_bytes = _VALUES_BYTES if keep_outputs else ANSWER_BYTES
    _, runner = _LIBRARIES[inspection.model_format.object_name]
    with tempfile.TemporaryDirectory(prefix="modeldrop-run-") as folder:
        limits = Limits(_memory_bytes(), SECONDS, answer_bytes)
        result = run_sandboxed(Path(folder), job, limits, runner, must_confine=False)
    if result.skipped is not None:
        raise NotRun(
            f"The model did not run on this computer: {result.skipped}.",
            "The pipeline may still accept it. Without --run, inspect checks the file only.",
        )
    return result


def _path(file: Path | None) -> str | None:
    return None if file is None else str(file.resolve())


def _memory_bytes() -> int:
    """Return the memory of this computer in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
