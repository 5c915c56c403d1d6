"""Limits the total memory of the models in a multi-model container, for tests.

On a GPU, a model that does not fit fails with "CUDA out of memory", and tritonserver responds with
status 507 (src/sagemaker_server.cc). Here a limit stands for the GPU's memory, and a model takes as
much memory as its files. The files of this module are in the working folder of tritonserver and its
stubs.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

MEMORY = Path("model_memory")
"""The folder with one file for each process that has a model; the file has the model's size in
bytes. Only a multi-model container has this folder.
"""
LIMIT = MEMORY / "limit"
"""The file with the limit in bytes; without it, there is no limit."""


def reserve(version: Path) -> None:
    """Reserve memory for a model until this process ends.

    Args:
        version: the folder of the model's version.

    Raises:
        MemoryError: the limit is exceeded. The message is PyTorch's, which Triton recognizes.
    """
    if not MEMORY.is_dir():
        return
    needed = sum(each.stat().st_size for each in version.rglob("*") if each.is_file())
    with (MEMORY / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        used = sum(
            int(each.read_text())
            for each in MEMORY.iterdir()
            if each.name.isdigit() and Path("/proc", each.name).exists()
        )
        if LIMIT.exists() and used + needed > (limit := int(LIMIT.read_text())):
            raise MemoryError(
                f"CUDA out of memory. Tried to allocate {needed} bytes. The limit is {limit} "
                f"bytes, of which {limit - used} are free."
            )
        (MEMORY / str(os.getpid())).write_text(str(needed))
