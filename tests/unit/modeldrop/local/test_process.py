"""Starts child processes, waits for them, and stops them with their children."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from modeldrop.local import process
from modeldrop.local.process import ProcessFailed, ProcessIdentity
from tests.waiting import eventually, is_alive

# Listens on a port, starts a child process, and writes the PID of the child to a file.
SERVER = """
import http.server, pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[2]).write_text(str(child.pid))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

# Starts a child, waits until it works, prints its pid, and waits to be killed.
PARENT = """
import pathlib, sys, time
from modeldrop.local import process
folder = pathlib.Path(sys.argv[1])
work = "import pathlib, time; pathlib.Path('works').touch(); time.sleep(600)"
child = process.start("child", [sys.executable, "-c", work],
                      env={}, log=folder / "log", cwd=folder,
                      stop_with_parent=sys.argv[2] == "stop_with_parent")
while not (folder / "works").exists():
    time.sleep(0.02)
print(child.identity.model_dump_json(), flush=True)
time.sleep(600)
"""


def python(
    folder: Path, *arguments: str, name: str = "The server", stop_with_parent: bool = False
) -> process.Child:
    return process.start(
        name,
        [sys.executable, *arguments],
        env={},
        log=folder / "log",
        cwd=folder,
        stop_with_parent=stop_with_parent,
    )


@pytest.mark.parametrize("stop_with_parent", [True, False])
def test_stop_leaves_neither_the_child_nor_its_children(
    tmp_path: Path, stop_with_parent: bool
) -> None:
    [port] = process.free_ports(1)
    child = python(
        tmp_path,
        "-c",
        SERVER,
        str(port),
        str(tmp_path / "grandchild"),
        stop_with_parent=stop_with_parent,
    )
    child.wait_until_ready(f"http://127.0.0.1:{port}/", seconds=20)
    grandchild = int((tmp_path / "grandchild").read_text())
    assert is_alive(grandchild)

    process.stop(child.identity)

    assert not child.identity.is_running()
    assert eventually(lambda: not is_alive(grandchild))
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)


def test_stop_kills_processes_that_ignore_sigterm(tmp_path: Path) -> None:
    source = "import pathlib, signal, time; signal.signal(15, signal.SIG_IGN)\n"
    source += "pathlib.Path('deaf').touch(); time.sleep(600)"
    child = python(tmp_path, "-c", source)
    assert eventually((tmp_path / "deaf").exists)

    process.stop(child.identity, grace_seconds=0.1)

    assert not child.identity.is_running()


def test_stopping_an_ended_process_does_nothing(tmp_path: Path) -> None:
    child = python(tmp_path, "-c", "")
    assert eventually(lambda: child.exit_code() is not None)

    process.stop(child.identity)


def test_stop_spares_a_later_process_of_the_same_number(tmp_path: Path) -> None:
    child = python(tmp_path, "-c", "import time; time.sleep(600)")
    earlier = ProcessIdentity(pid=child.identity.pid, started="another boot:1")

    process.stop(earlier)

    assert child.identity.is_running()
    process.stop(child.identity)


@pytest.mark.parametrize(("mode", "survives"), [("stop_with_parent", False), ("detached", True)])
def test_killed_parent_ends_its_tied_children(tmp_path: Path, mode: str, survives: bool) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), mode], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    identity = ProcessIdentity.model_validate_json(parent.stdout.readline())
    assert identity.is_running()

    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()

    if survives:
        assert not eventually(lambda: not identity.is_running(), seconds=0.5)
        process.stop(identity)
    assert eventually(lambda: not identity.is_running())


def test_end_before_readiness_shows_the_log(tmp_path: Path) -> None:
    child = python(tmp_path, "-c", "print('the port is taken'); raise SystemExit(3)")

    with pytest.raises(ProcessFailed, match=r"(?s)exited with code 3 before.*the port is taken"):
        child.wait_until_ready("http://127.0.0.1:9/", seconds=20)


def test_missed_deadline_shows_the_log(tmp_path: Path) -> None:
    child = python(tmp_path, "-uc", "print('still thinking'); import time; time.sleep(600)")
    assert eventually(lambda: "thinking" in (tmp_path / "log").read_text())

    with pytest.raises(ProcessFailed, match=r"(?s)did not answer.*still thinking"):
        child.wait_until_ready("http://127.0.0.1:9/", seconds=0.1)

    process.stop(child.identity)


def test_child_inherits_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "the-users-own")
    child = python(tmp_path, "-c", "import os; print(sorted(os.environ))", stop_with_parent=True)

    assert eventually(lambda: child.exit_code() == 0)
    assert "AWS_PROFILE" not in (tmp_path / "log").read_text()
    assert os.environ["AWS_PROFILE"] == "the-users-own"


def test_free_ports_are_different() -> None:
    assert len(set(process.free_ports(20))) == 20


def test_memory_is_that_of_the_children_as_well(tmp_path: Path) -> None:
    hoard = "import time; hoard = bytearray(b'x') * 60_000_000; time.sleep(600)"
    source = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    child = python(tmp_path, "-c", source, hoard)
    try:
        assert eventually(lambda: process.group_memory(child.identity.pid) > 60_000_000)
    finally:
        process.stop(child.identity)
    assert eventually(lambda: process.group_memory(child.identity.pid) == 0)


def test_end_of_a_log_says_that_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "sam-build.log"
    log.touch()
    assert process.log_tail(log).endswith("(empty)")

    full = shutil.disk_usage(tmp_path)._replace(free=4096)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: full)
    assert "No space is left on this disk." in process.log_tail(log)


def test_a_process_whose_name_is_cut_in_a_character_is_identified() -> None:
    rename = "open('/proc/self/comm', 'wb').write('ä'.encode()[:1]); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", rename], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        identity = process.identity_of(child.pid)
        child.kill()
    assert identity is not None
    assert identity.pid == child.pid
