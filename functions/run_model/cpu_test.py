"""The CPU test of an ONNX model, in the sandboxed process, with the diagnoses of the workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_client.cpu_test.engine import Engine
from model_client.cpu_test.onnx_engine import TITLE, load
from model_client.cpu_test.single_run import run_once
from workflow.failures.diagnosis import diagnose_response

if TYPE_CHECKING:
    from pathlib import Path

    from model_client.cpu_test.result import CpuTestResult, Job


def run_cpu_test(job: Job, folder: Path | None = None) -> CpuTestResult:
    """Run the model of a job; see `run_once`."""
    return run_once(job, Engine(TITLE, load, _diagnosed), folder)


def _diagnosed(reason: str) -> tuple[str, str] | None:
    diagnosis = diagnose_response(reason)
    return None if diagnosis is None else (diagnosis.cause, diagnosis.fix)
