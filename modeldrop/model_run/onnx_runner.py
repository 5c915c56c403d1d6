"""Runs an ONNX model in the sandboxed process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_client.cpu_test.engine import Engine
from model_client.cpu_test.onnx_engine import TITLE, load
from model_client.cpu_test.single_run import run_once

if TYPE_CHECKING:
    from model_client.cpu_test.result import CpuTestResult, Job


def run_cpu_test(job: Job) -> CpuTestResult:
    """Run the model of a job. See `run_once`."""
    return run_once(job, Engine(TITLE, load))
