"""Removes what a killed cloud leaves behind: orphaned processes and shared memory.

The servers clean up when they stop, but not after SIGKILL.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import time
from pathlib import Path

_PROCESSES = Path("/proc")
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where shm_open(3) creates Triton's regions
_POLL_SECONDS = 0.02


def remove_leftovers(home: Path) -> None:
    """Kill the remaining processes of this home's cloud, and remove its shared memory.

    Stop its servers first, or they count as leftovers.
    """
    pids = processes(home)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while set(pids) & set(processes(home)):
        time.sleep(_POLL_SECONDS)
    for region in shared_memory(home):
        region.unlink(missing_ok=True)


def processes(home: Path) -> list[int]:
    """The processes of this home's cloud, except zombies.

    Lambda workers and `sam` inherit a HOME inside it; a tritonserver and its stubs are programs
    in it. No other process of the user has either property.
    """
    return [
        int(entry.name)
        for entry in _PROCESSES.iterdir()
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _belongs(entry, home)
    ]


def shared_memory(home: Path) -> list[Path]:
    """Shared memory of this home's tritonservers (named by `sagemaker.__main__._region_prefix`)."""
    of_sagemaker = str(home / "sagemaker").encode()
    prefix = f"modeldrop_{hashlib.sha256(of_sagemaker).hexdigest()[:8]}_"
    return list(_SHARED_MEMORY.glob(f"{prefix}*"))


def _belongs(entry: Path, home: Path) -> bool:
    # Both are unreadable if the process belongs to another user or has just exited.
    with contextlib.suppress(OSError):
        if (entry / "exe").readlink().is_relative_to(home):
            return True
    with contextlib.suppress(OSError):
        variables = (entry / "environ").read_bytes().split(b"\0")
        homes = [Path(os.fsdecode(each[5:])) for each in variables if each.startswith(b"HOME=")]
        return any(each.is_relative_to(home) for each in homes)
    return False
