"""What a killed cloud leaves behind: processes that outlive their parent, and shared memory.

The servers clean up after themselves; nobody does who is killed with SIGKILL.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import time
from pathlib import Path

_PROCESSES = Path("/proc")
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where shm_open(3) puts what Triton makes
_POLL_SECONDS = 0.02


def remove_leftovers(home: Path) -> None:
    """Kill what still runs for the cloud of this home, and remove its shared memory.

    Its servers have to be stopped before, or they count as left over, too.
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
    """The processes that run for the cloud of this home, zombies excepted.

    Lambda workers and `sam` inherit a HOME within it; a tritonserver and its stubs are programs
    that lie there. No other process of the user has either.
    """
    return [
        int(entry.name)
        for entry in _PROCESSES.iterdir()
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _belongs(entry, home)
    ]


def shared_memory(home: Path) -> list[Path]:
    """The shared memory of the tritonservers of this home (`sagemaker.__main__._region_prefix`)."""
    of_sagemaker = str(home / "sagemaker").encode()
    prefix = f"modeldrop_{hashlib.sha256(of_sagemaker).hexdigest()[:8]}_"
    return list(_SHARED_MEMORY.glob(f"{prefix}*"))


def _belongs(entry: Path, home: Path) -> bool:
    # Both are unreadable where the process is another user's, or has just ended.
    with contextlib.suppress(OSError):
        if (entry / "exe").readlink().is_relative_to(home):
            return True
    with contextlib.suppress(OSError):
        variables = (entry / "environ").read_bytes().split(b"\0")
        homes = [Path(os.fsdecode(each[5:])) for each in variables if each.startswith(b"HOME=")]
        return any(each.is_relative_to(home) for each in homes)
    return False
