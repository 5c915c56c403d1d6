"""Finds the processes of tritonserver's stand-in backends (proc(5)).

In the container, libtorch and ONNX Runtime run inside tritonserver, which ends if they crash. Here
they run in separate processes, the stubs of the Python backend. If a stub crashes, tritonserver
answers every request with an error, as it does on AWS for a user's Python model.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from modeldrop.local.process import ProcessIdentity, identity_of
from modeldrop.local.sagemaker.triton.installation import STAND_INS


def stand_in_processes(leader: int, backends: Path) -> dict[ProcessIdentity, str]:
    """Return the running stubs of stand-in backends, each with the name of its backend.

    Args:
        leader: the pid of the tritonserver, which leads their process group.
        backends: the folder of the backends.
    """
    found = {}
    for entry in Path("/proc").iterdir():
        # The process has just ended, or the entry of /proc is not a process.
        with suppress(OSError, ValueError):
            pid = int(entry.name)
            if os.getpgid(pid) != leader:
                continue
            command = (entry / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            identity = identity_of(pid)
            for name in STAND_INS:
                of_backend = any(Path(each).is_relative_to(backends / name) for each in command)
                if of_backend and identity is not None:
                    found[identity] = name
    return found
