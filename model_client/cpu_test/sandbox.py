"""Starts the process that runs a model, without anything to misuse, and reads its result."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pydantic import ValidationError

from model_client.cpu_test.result import CpuTestResult

if TYPE_CHECKING:
    from model_client.cpu_test.result import Job

SCRIPT = Path(__file__).with_name("sandboxed.py")

ANSWER_BYTES = 128 * 1024
"""The maximum size of a result without the values of outputs."""

_ROOT = Path(__file__).resolve().parents[2]
_OPEN_FILES = 64
_THREADS_CPU = 2
"""The CPUs of a function with 3,008 MB, one per 1,769 MB (Lambda developer guide, memory)."""


@dataclass(frozen=True)
class Limits:
    """The limits of the process.

    Attributes:
        memory_bytes: the address space in bytes.
        seconds: the time until the process is killed; the CPU time may be twice as long.
        answer_bytes: the maximum size of its result, and of any file.
    """

    memory_bytes: int
    seconds: float
    answer_bytes: int = ANSWER_BYTES

    def rlimits(self) -> dict[str, int]:
        """Return the limits that the kernel enforces, by name (getrlimit(2))."""
        return {
            "RLIMIT_AS": self.memory_bytes,
            "RLIMIT_CPU": max(1, int(self.seconds * _THREADS_CPU)),
            "RLIMIT_NOFILE": _OPEN_FILES,
            "RLIMIT_FSIZE": self.answer_bytes,
            "RLIMIT_CORE": 0,
        }


def run_sandboxed(
    folder: Path,
    job: Job,
    limits: Limits,
    runner: str,
    *,
    must_confine: bool = True,
    script: Path = SCRIPT,
) -> CpuTestResult:
    """Run the model in a process. If the process itself fails, the result has `skipped`.

    Args:
        folder: the working directory.
        job: the model, and the expected outputs.
        limits: the limits of the process.
        runner: the module with `run_cpu_test(job)`.
        must_confine: whether to run nothing without a filter of system calls.
        script: the script of the process, which tests replace.
    """
    path = [str(Path(each).resolve()) for each in sys.path]
    order = {
        "limits": limits.rlimits(),
        "path": [*path, str(_ROOT)],  # sys.path does not contain an editable installation
        "runner": runner,
        "must_confine": must_confine,
    }
    command = [sys.executable, "-ISB", str(script), json.dumps(order)]
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as errors:
        try:
            ended = subprocess.run(
                command,
                cwd=folder,
                env=_environment(),
                input=job.model_dump_json().encode(),
                stdout=answer,
                stderr=errors,
                timeout=limits.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return _too_slow(limits)
        if ended.returncode == -signal.SIGXCPU:
            return _too_slow(limits)
        if ended.returncode:
            return CpuTestResult(skipped=_end_of(ended.returncode, limits, _last_line(errors)))
        answer.seek(0)
        return _parsed(answer.read(limits.answer_bytes))


def _environment() -> dict[str, str]:
    """Return the only variable, with paths, that Lambda's Python may need to find its library."""
    name = "LD_LIBRARY_PATH"
    return {name: os.environ[name]} if name in os.environ else {}


def _too_slow(limits: Limits) -> CpuTestResult:
    return CpuTestResult(skipped=f"it had not finished after {limits.seconds:g} s")


def _end_of(code: int, limits: Limits, line: str) -> str:
    if "MemoryError" in line or "bad_alloc" in line:
        return f"it needs more than {limits.memory_bytes // 2**20:,} MB of memory"
    ended = signal.Signals(-code).name if code < 0 else f"the exit code {code}"
    return f"the process ended with {ended}" + (f": {line}" if line else "")


def _last_line(errors: IO[bytes]) -> str:
    errors.seek(max(0, errors.seek(0, os.SEEK_END) - 4096))
    lines = errors.read().decode(errors="replace").split("\n")
    return next((each.strip()[:300] for each in reversed(lines) if each.strip()), "")


def _parsed(answer: bytes) -> CpuTestResult:
    try:
        return CpuTestResult.model_validate_json(answer)
    except ValidationError:
        return CpuTestResult(skipped="the process gave no valid answer")
