"""Forks behave like new processes, and have the libraries of their layers at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from modeldrop.local.ministack.in_process import fork_server
from modeldrop.local.ministack.in_process.fork_server import ForkedProcess, start
from tests.waiting import eventually, is_alive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

TELLS = """
import json, os, sys
import aws_lambda_powertools
print(json.dumps({
    "main": __name__, "argv": sys.argv, "path": sys.path[0], "cwd": os.getcwd(),
    "environment": dict(os.environ), "pid": os.getpid(),
    "imported by": aws_lambda_powertools.process,
}), flush=True)
print("an error line", file=sys.stderr)
sys.stdin.readline()
sys.exit(3)
"""


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """A layer with a library that records the process that imports it."""
    module = tmp_path / "layer" / "python" / "aws_lambda_powertools.py"
    module.parent.mkdir(parents=True)
    module.write_text("import os\nprocess = os.getpid()\n")
    return tmp_path / "layer"


@pytest.fixture
def forked(
    layer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., ForkedProcess]]:
    """Start a script in a fork."""
    monkeypatch.setattr(fork_server, "_servers", {})
    monkeypatch.setenv("LAMBDA_FORKS", "true")

    def fork(script: str, **env: str) -> ForkedProcess:
        file = tmp_path / "_worker.py"
        file.write_text(script)
        command, env = [sys.executable, str(file)], {**env, "_LAMBDA_LAYERS_DIRS": str(layer)}
        process = start(command, env=env, cwd=str(layer))
        assert isinstance(process, ForkedProcess)
        return process

    yield fork
    for server in fork_server._servers.values():
        server.close()


def test_fork_has_its_own_script_environment_and_folder(
    forked: Callable[..., ForkedProcess], layer: Path, tmp_path: Path
) -> None:
    processes = [forked(TELLS, NAME="first"), forked(TELLS, OTHER="second")]
    first, second = (json.loads(each.stdout.readline()) for each in processes)

    assert first["main"] == "__main__"
    assert first["argv"] == [str(tmp_path / "_worker.py")]
    assert (first["path"], first["cwd"]) == (str(tmp_path), str(layer))
    assert first["environment"] == {"NAME": "first", "_LAMBDA_LAYERS_DIRS": str(layer)}
    assert second["environment"] == {"OTHER": "second", "_LAMBDA_LAYERS_DIRS": str(layer)}
    assert (first["pid"], second["pid"]) == tuple(each.pid for each in processes)
    assert processes[0].stderr.readline() == "an error line\n"


def test_library_is_imported_once_for_all_forks(forked: Callable[..., ForkedProcess]) -> None:
    answers = [json.loads(forked(TELLS).stdout.readline()) for _ in range(2)]
    assert answers[0]["imported by"] == answers[1]["imported by"]
    assert answers[0]["imported by"] not in {each["pid"] for each in answers}


def test_exit_code_is_that_of_the_script(forked: Callable[..., ForkedProcess]) -> None:
    process = forked(TELLS)
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    process.stdin.write("end\n")
    assert (process.wait(10), process.poll()) == (3, 3)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV])
def test_exit_code_of_a_signal_is_negative(
    forked: Callable[..., ForkedProcess], number: signal.Signals
) -> None:
    process = forked(TELLS)
    process.stdout.readline()
    stop = {signal.SIGTERM: process.terminate, signal.SIGKILL: process.kill}
    stop.get(number, lambda: os.kill(process.pid, number))()
    assert process.wait(10) == -number
    process.terminate()  # no effect on a process that has ended


def test_exception_is_printed_and_ends_with_1(forked: Callable[..., ForkedProcess]) -> None:
    process = forked("raise ValueError('wrong')")
    assert process.stderr.read().endswith("ValueError: wrong\n")
    assert process.wait(10) == 1


def test_fork_ends_with_its_starter(forked: Callable[..., ForkedProcess]) -> None:
    """The end of MiniStack closes the pipe."""
    process = forked(TELLS)
    process.stdout.readline()
    process.stdin.close()
    assert eventually(lambda: process.poll() == 3)


def test_killed_server_is_replaced(forked: Callable[..., ForkedProcess]) -> None:
    first = forked(TELLS)
    server = json.loads(first.stdout.readline())["imported by"]
    os.kill(server, signal.SIGKILL)
    second = json.loads(forked(TELLS).stdout.readline())
    assert second["imported by"] != server
    first.stdin.write("end\n")
    assert first.wait(10) == 255  # the exit code is unknown


def test_servers_of_old_layers_end(
    forked: Callable[..., ForkedProcess], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fork_server, "_MAX_SERVERS", 1)
    server = json.loads(forked(TELLS).stdout.readline())["imported by"]
    command = [sys.executable, str(tmp_path / "_worker.py")]
    start(command, env={"_LAMBDA_LAYERS_DIRS": str(tmp_path)}, cwd=str(tmp_path)).wait()
    assert eventually(lambda: not is_alive(server))


def test_process_of_its_own_sees_no_installed_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAMBDA_FORKS", "false")
    (tmp_path / "_worker.py").write_text("import sys; sys.exit('site' in sys.modules)")
    process = start([sys.executable, str(tmp_path / "_worker.py")], env={}, cwd=str(tmp_path))
    assert isinstance(process, subprocess.Popen)
    assert process.wait() == 0


def test_other_runtimes_start_as_usual(tmp_path: Path) -> None:
    (tmp_path / "worker.sh").write_text("exit 4\n")
    process = start(["/bin/sh", str(tmp_path / "worker.sh")], env={}, cwd=str(tmp_path))
    assert isinstance(process, subprocess.Popen)
    assert process.wait() == 4
