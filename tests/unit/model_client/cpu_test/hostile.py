"""Runs sandboxed.py with an attacker's code in place of ONNX Runtime, which may be vulnerable.

`python -ISB hostile.py ORDER`, like sandboxed.py. The check of the result is JSON with "done" or
the error for each attempt. With another argument, the script prints its pid and keeps running.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import runpy
import socket
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)
_IO_URING_SETUP = 425


def _write() -> None:
    Path("written").write_text("anything")


def _remove() -> None:
    Path("model.onnx").unlink()


def _signal() -> None:
    os.kill(os.getppid(), 0)


def _io_uring() -> None:
    if _LIBC.syscall(_IO_URING_SETUP, 1, ctypes.create_string_buffer(120)) < 0:
        raise OSError(ctypes.get_errno(), "io_uring_setup")


def _memory() -> None:
    bytearray(resource.getrlimit(resource.RLIMIT_AS)[0])


def _start_thread() -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


ATTEMPTS: dict[str, Callable[[], Any]] = {
    "TCP": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "UDP": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "Unix socket": lambda: socket.socket(socket.AF_UNIX),
    "raw socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    "socket pair": socket.socketpair,
    "program": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
    "fork": os.fork,
    "signal": _signal,
    "io_uring": _io_uring,
    "write": _write,
    "remove": _remove,
    "folder": lambda: os.mkdir("folder"),  # noqa: PTH102
    "memory": _memory,
    "read": lambda: Path("model.onnx").read_bytes(),
    "thread": _start_thread,
}


def _result_of(attempt: Callable[[], Any]) -> str:
    try:
        attempt()
    except (OSError, MemoryError) as error:
        return type(error).__name__
    return "done"


def _stay(_job: Any) -> None:
    print(os.getpid(), flush=True)
    threading.Event().wait()


def _run(_job: Any) -> Any:
    from model_client.cpu_test.result import CpuTestResult

    seen = {name: _result_of(attempt) for name, attempt in ATTEMPTS.items()}
    return CpuTestResult(check=json.dumps({**seen, "environment": sorted(os.environ)}))


if __name__ == "__main__":
    module: Any = types.ModuleType(json.loads(sys.argv[1])["runner"])
    module.run_cpu_test = _stay if len(sys.argv) > 2 else _run
    sys.modules[module.__name__] = module
    script = next(
        each
        for folder in json.loads(sys.argv[1])["path"]
        if (each := Path(folder) / "model_client" / "cpu_test" / "sandboxed.py").is_file()
    )
    runpy.run_path(str(script), run_name="__main__")
