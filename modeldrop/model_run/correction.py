"""Runs a model, corrects wrong outputs in deploy.yaml, and runs the model again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.rejection import ModelRejected
from modeldrop.model_run.deploy_yaml import observed_lines, with_outputs
from modeldrop.model_run.run import run_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from model_client.cpu_test.result import CpuTestResult
    from model_packager.inspection import Inspection
    from modeldrop.model_run.run import SampleFiles


@dataclass(frozen=True)
class ModelRun:
    """A run of a model that the smoke test's checks accept.

    Attributes:
        inspection: the inspection with the deploy.yaml of the run.
        result: the result of the run.
        lines: the returned `outputs` for deploy.yaml; None if it already has them.
        text: the deploy.yaml with these lines; None without one.
    """

    inspection: Inspection
    result: CpuTestResult
    lines: str | None
    text: str | None


def run_as_declared(file: Path, inspection: Inspection, sample: SampleFiles) -> ModelRun:
    """Run a model once.

    Raises:
        ModelRejected: the smoke test would reject the outputs.
        UsageError, NotRun: see `run_model`.
    """
    result = run_model(file, inspection, sample)
    _require_accepted(result)
    return ModelRun(inspection, result, observed_lines(result.outputs, inspection.signature), None)


def run_and_correct(
    file: Path,
    text: str | None,
    inspect: Callable[[str | None], Inspection],
    sample: SampleFiles,
    *,
    keep_outputs: bool = False,
) -> ModelRun:
    """Run a model, and put the outputs that it returns into the text of deploy.yaml.

    Args:
        file: the model.
        text: the text of its deploy.yaml; None without one.
        inspect: inspects the file with a text.
        sample: the input.
        keep_outputs: whether to return the values, too.

    Raises:
        ModelRejected: the smoke test would reject the model even with these outputs.
        UsageError, NotRun: see `run_model`.
    """
    inspection = inspect(text)
    result = run_model(file, inspection, sample, keep_outputs=keep_outputs)
    lines = observed_lines(result.outputs, inspection.signature)
    if lines is not None:
        text = with_outputs(text, lines)
        inspection = inspect(text)
        if result.refusal is not None:
            result = run_model(file, inspection, sample, keep_outputs=keep_outputs)
    _require_accepted(result)
    return ModelRun(inspection, result, lines, text)


def _require_accepted(result: CpuTestResult) -> None:
    if result.refusal is not None:
        raise ModelRejected(result.refusal.cause, result.refusal.fix)
