"""The memory that the models of a multi-model container may take together, for tests.

On a GPU, a model that does not fit fails with "CUDA out of memory", and tritonserver answers with
status 507 (src/sagemaker_server.cc). Here, a limit stands for the GPU's memory, and the size of a
model's files for what it takes. The files of this module are in tritonserver's working folder,
which is also that of its stubs.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

MEMORY = Path("model_memory")
"""One file for each process that has a model, with its bytes. Only a multi-model container has it.
"""
LIMIT = MEMORY / "limit"
"""The limit in bytes, if there is one."""


def reserve(version: Path) -> None:
    """Take memory for a model until this process ends.

    Args:
        version: the folder of the model's version.

    Raises:
        MemoryError: with PyTorch's message; Triton recognizes it.
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
