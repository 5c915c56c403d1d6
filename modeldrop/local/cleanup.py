"""Removes what a killed cloud leaves behind: orphaned processes and shared memory.

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
    """Kill the remaining processes of this home's cloud, and remove its shared memory.

    Stop its servers first, or they count as leftovers.
    """
    while pids := home.processes():
        for pid in pids:
            home.kill(pid)
        time.sleep(_POLL_SECONDS)
    for region in shared_memory(home.folder):
        region.unlink(missing_ok=True)


def shared_memory(home: Path) -> list[Path]:
    """Shared memory of this home's tritonservers."""
    regions = SHARED_MEMORY.glob(f"{region_prefix(home / 'sagemaker')}*")
    return [each for each in regions if each.lstat().st_uid == os.geteuid()]


def region_prefix(home: Path) -> str:
    """A prefix per home, so that two local SageMakers do not remove each other's shared memory.

    Args:
        home: of the local SageMaker.
    """
    return f"modeldrop_{hashlib.sha256(str(home).encode()).hexdigest()[:8]}_"
