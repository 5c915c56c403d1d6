"""Starts child processes with a log file, waits for their URLs, and stops them with their children.

Each child leads a new session. So Ctrl-C in the terminal reaches only this process, which stops the
children in the right order. Stopping a child also stops its process group.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from modeldrop.errors import CommandError

if TYPE_CHECKING:
    import httpx

LOG_TAIL_LINES = 30
_POLL_SECONDS = 0.05
_LEAST_FREE_BYTES = 100_000

_DIE_WITH_PARENT = Path(__file__).with_name("die_with_parent.py")


class ProcessFailed(CommandError):
    """A child exited or was not ready in time; the message ends with the tail of its log."""


class ProcessIdentity(BaseModel):
    """Identifies a process, also after another one gets the same pid."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pid: int
    started: str

    def is_running(self) -> bool:
        """Return whether this process still runs; a zombie does not."""
        return _started(self.pid) == self.started


def identity_of(pid: int) -> ProcessIdentity | None:
    """Return the identity of the running process with this pid, or None."""
    started = _started(pid)
    return None if started is None else ProcessIdentity(pid=pid, started=started)


class Child:
    """A child process, which this process must stop."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self.identity = ProcessIdentity(pid=process.pid, started=_started(process.pid) or "")
        self._process = process

    def exit_code(self) -> int | None:
        """Return the exit code (negative: minus the signal), or None while it runs."""
        return self._process.poll()

    def wait_until_ready(self, url: str, *, seconds: float) -> None:
        """Poll ``url`` until it returns 200.

        Raises:
            ProcessFailed: the process exited, or the deadline passed.
        """
        deadline = time.monotonic() + seconds
        # The URL is on 127.0.0.1: ignore proxies from the environment.
        import httpx  # imported here, because most commands only read and end processes

        with httpx.Client(trust_env=False, timeout=5) as client:
            while not _answers(client, url):
                code = self.exit_code()
                if code is not None:
                    raise ProcessFailed(
                        f"{self.name} exited with code {code} before it was ready.\n"
                        + log_tail(self.log)
                    )
                if time.monotonic() > deadline:
                    raise ProcessFailed(
                        f"{self.name} did not answer at {url} within {seconds:.0f} s.\n"
                        + log_tail(self.log)
                    )
                time.sleep(_POLL_SECONDS)


def start(
    name: str,
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    log: Path,
    cwd: Path,
    stop_with_parent: bool,
) -> Child:
    """Start ``command`` with its output in ``log``.

    Args:
        name: shown in messages.
        command: the absolute path of a program, and its arguments.
        env: the whole environment; nothing is inherited.
        log: this file is overwritten.
        cwd: working directory.
        stop_with_parent: whether the kernel sends the child SIGTERM when the calling thread ends,
            even by SIGKILL. Call this from a thread that should live as long as the child.
    """
    argv = [str(part) for part in command]
    if stop_with_parent:
        wrapper = [_DIE_WITH_PARENT, int(signal.SIGTERM), os.getpid()]
        argv = [sys.executable, "-IS", *map(str, wrapper), *argv]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Child(name, process, log)


def stop(identity: ProcessIdentity, *, grace_seconds: float = 15) -> None:
    """Send SIGTERM, wait, send SIGKILL; then send SIGKILL to the rest of the process group.

    This also works for a process that another modeldrop command started.
    """
    if identity.is_running():
        os.kill(identity.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while identity.is_running() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        if identity.is_running():
            os.kill(identity.pid, signal.SIGKILL)
        _kill_group(identity.pid)
        while identity.is_running():
            time.sleep(_POLL_SECONDS)
    with contextlib.suppress(ChildProcessError):  # not a child of this process
        os.waitpid(identity.pid, os.WNOHANG)


def group_memory(leader: int) -> int:
    """Return the proportional set size of a process group in bytes (proc(5), smaps_rollup).

    The proportional set size divides shared pages among their processes, so the sum counts no page
    twice.
    """
    return sum(_memory(entry) for entry in Path("/proc").iterdir() if _group(entry) == leader)


def free_ports(count: int) -> list[int]:
    """Return different free ports on 127.0.0.1."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def log_tail(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    """Return the last lines of a log file, under a heading that names it."""
    try:
        text = log.read_text(errors="replace")
    except FileNotFoundError:
        return f"(no log at {log})"
    tail = "\n".join(text.splitlines()[-lines:])
    if shutil.disk_usage(log.parent).free < _LEAST_FREE_BYTES:
        tail += "\nNo space is left on this disk. Free some, or choose another --home."
    return f"--- the end of {log} ---\n{tail.strip() or '(empty)'}"


def _answers(client: httpx.Client, url: str) -> bool:
    import httpx

    try:
        return client.get(url).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _kill_group(leader: int) -> None:
    """Send SIGKILL to the remaining processes of the group that this process led."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _group(entry: Path) -> int | None:
    if not entry.name.isdigit():
        return None
    with contextlib.suppress(ProcessLookupError):
        return os.getpgid(int(entry.name))
    return None


def _memory(entry: Path) -> int:
    with contextlib.suppress(OSError):  # it has just exited
        for line in (entry / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _started(pid: int) -> str | None:
    """Return the start time of a process: the boot ID, and clock ticks since boot (proc(5))."""
    try:
        # The kernel truncates the command to 15 bytes, maybe in the middle of a character.
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command name in parentheses may contain anything, so count the fields after it.
    fields = stat.rpartition(")")[2].split()
    if fields[0] in {"Z", "X"}:
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}:{fields[19]}"
