"""The processes of tritonserver's stand-in backends, from proc(5).

In the container, libtorch and ONNX Runtime are part of tritonserver: if they crash, it ends. Here
they run in processes of their own (stubs of the Python backend), without which tritonserver answers
every request with an error. A stub of a user's Python model ends like that on AWS too.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from modeldrop.local.process import ProcessIdentity, identity_of
from modeldrop.local.sagemaker.triton.installation import STAND_INS


def stand_in_processes(leader: int, backends: Path) -> dict[ProcessIdentity, str]:
    """The running stubs of stand-in backends, with the backend's name.

    Args:
        leader: pid of the tritonserver, which leads their process group.
        backends: the folder of the backends.
    """
    found = {}
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):  # it has just ended, or is no process
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
