"""Removes the orphaned processes and shared memory of a killed cloud.

The servers clean up when they stop, but not after SIGKILL.
"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modeldrop.local.home import Home

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where shm_open(3) creates Triton's regions
_POLL_SECONDS = 0.02


def remove_leftovers(home: Home) -> None:
    """Kill the remaining processes of this home's cloud, and remove their shared memory.

    Stop the servers first, because this function would kill them.
    """
    while pids := home.processes():
        for pid in pids:
            home.kill(pid)
        time.sleep(_POLL_SECONDS)
    for region in shared_memory(home.folder):
        region.unlink(missing_ok=True)


def shared_memory(home: Path) -> list[Path]:
    """Return the shared-memory files of this home's tritonservers."""
    regions = SHARED_MEMORY.glob(f"{region_prefix(home / 'sagemaker')}*")
    return [each for each in regions if each.lstat().st_uid == os.geteuid()]


def region_prefix(home: Path) -> str:
    """Return a prefix for the names of a home's shared-memory regions.

    It keeps two local SageMakers from removing each other's shared memory.

    Args:
        home: the folder of the local SageMaker.
    """
    return f"modeldrop_{hashlib.sha256(str(home).encode()).hexdigest()[:8]}_"
