"""The process of the CPU test: its restrictions, and the reports of its failures."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from model_client.cpu_test.sandbox import Limits, run_sandboxed
from run_model.download import SECONDS as DOWNLOAD_SECONDS
from run_model.handler import RUNNER, SECONDS
from tests import onnx_models
from tests.consistency.asl import function
from tests.unit.model_client.cpu_test.jobs import job, put_model, signature, tensor
from tests.waiting import eventually, is_alive

if TYPE_CHECKING:
    from model_client.cpu_test.result import CpuTestResult

pytestmark = pytest.mark.slow

HOSTILE = Path(__file__).with_name("hostile.py")
MEMORY = 1024 * 2**20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return put_model(tmp_path, onnx_models.linear())


def ended(folder: Path, code: str, limits: Limits) -> CpuTestResult:
    """Run this code in place of sandboxed.py, and return the result."""
    script = folder / "script.py"
    script.write_text(code)
    return run_sandboxed(folder, job(signature()), limits, RUNNER, script=script)


def test_model_runs_in_the_process(folder: Path) -> None:
    found = run_sandboxed(folder, job(signature()), Limits(MEMORY, 60), RUNNER)
    assert found.check is not None, found
    wrong = job(signature(outputs=(tensor("y", 5),)))
    refusal = run_sandboxed(folder, wrong, Limits(MEMORY, 60), RUNNER).refusal
    assert refusal is not None
    assert "{name: y, dtype: FP32, dims: [3]}" in refusal.fix


def test_hostile_code_has_no_network_no_environment_and_no_other_process(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    limits = Limits(512 * 2**20, 60)
    found = run_sandboxed(folder, job(signature()), limits, RUNNER, script=HOSTILE)
    assert found.check is not None, found
    seen: dict[str, Any] = json.loads(found.check)
    assert set(seen.pop("environment")) <= {"LD_LIBRARY_PATH", "LC_CTYPE"}
    assert seen.pop("memory") == "MemoryError"
    assert seen.pop("read") == seen.pop("thread") == "done"
    assert seen == dict.fromkeys(seen, "PermissionError")
    assert {"TCP", "UDP", "Unix socket", "program", "fork", "write", "io_uring"} < set(seen)
    assert {each.name for each in folder.iterdir()} == {"model.onnx"}


def test_attempts_succeed_without_the_filter(folder: Path) -> None:
    """Otherwise the test above could not fail."""
    probe = (
        f"import runpy; seen = runpy.run_path({str(HOSTILE)!r}); result = seen['_result_of']\n"
        "names = ('TCP', 'UDP', 'Unix socket', 'socket pair', 'program', 'signal', 'write')\n"
        "assert [result(seen['ATTEMPTS'][name]) for name in names] == ['done'] * len(names)"
    )
    subprocess.run([sys.executable, "-c", probe], cwd=folder, check=True)


def test_process_that_takes_too_long_is_killed(folder: Path) -> None:
    started = time.monotonic()
    found = ended(folder, "import time; time.sleep(600)", Limits(MEMORY, seconds=1))
    assert found.skipped == "it had not finished after 1 s"
    assert time.monotonic() - started < 60


def test_model_that_needs_too_much_memory_skips_the_test(tmp_path: Path) -> None:
    shape = numpy_helper.from_array(np.array([1, 2**30], np.int64), "shape")
    proto = onnx_models.model(
        [
            helper.make_node("ConstantOfShape", ["shape"], ["large"]),
            helper.make_node("ReduceSum", ["large"], ["sum"], keepdims=0),
            helper.make_node("Add", ["x", "sum"], ["y"]),
        ],
        [onnx_models.tensor("x", [1, 4])],
        [onnx_models.tensor("y", [1, 4], TensorProto.FLOAT)],
        [shape],
    )
    sizes = signature(inputs=(tensor("x", 1, 4),), outputs=(tensor("y", 1, 4),), max_batch_size=0)
    found = run_sandboxed(put_model(tmp_path, proto), job(sizes), Limits(MEMORY, 60), RUNNER)
    assert found.refusal is None
    assert found.skipped is not None
    assert "memory" in found.skipped or "alloc" in found.skipped, found.skipped


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os; os.abort()", "the process ended with SIGABRT"),
        ("import os; os._exit(7)", "the process ended with the exit code 7"),
        ("raise MemoryError", "it needs more than 1,024 MB of memory"),
        ("raise ValueError('odd')", "the process ended with the exit code 1: ValueError: odd"),
        ("print('{}' * 9)", "the process gave no valid answer"),
        ("print('{\"check\": \"' + 'x' * 9000 + '\"}')", "the process gave no valid answer"),
    ],
)
def test_failed_process_skips_the_test(folder: Path, code: str, reason: str) -> None:
    found = ended(folder, code, Limits(MEMORY, 60))
    assert found.skipped == reason
    assert (found.refusal, found.check) == (None, None)


def test_answer_is_bounded(folder: Path) -> None:
    unbounded = (
        "import json, resource, sys\n"
        "size = json.loads(sys.argv[1])['limits']['RLIMIT_FSIZE']\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))\n"
        "while True: sys.stdout.write('x' * 65536)"
    )
    found = ended(folder, unbounded, Limits(MEMORY, seconds=30))
    assert found.skipped is not None
    assert "File too large" in found.skipped or "SIGXFSZ" in found.skipped


def test_process_ends_with_the_function(folder: Path) -> None:
    """Lambda may kill the function while the model runs."""
    starter = (
        "import subprocess, sys; child = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE)\n"
        "child.communicate(sys.argv[1].encode())"
    )
    order = {
        "limits": Limits(MEMORY, 60).rlimits(),
        "path": sys.path,
        "runner": RUNNER,
        "must_confine": True,
    }
    command = [sys.executable, "-ISB", str(HOSTILE), json.dumps(order)]
    function = subprocess.Popen(
        [sys.executable, "-c", starter, job(signature()).model_dump_json(), *command, "stay"],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert function.stdout is not None
    child = int(function.stdout.readline())
    assert is_alive(child)
    function.kill()
    function.wait()
    function.stdout.close()
    assert eventually(lambda: not is_alive(child))


def test_times_fit_into_the_function() -> None:
    assert function("Run Model")["Timeout"] > DOWNLOAD_SECONDS + SECONDS
