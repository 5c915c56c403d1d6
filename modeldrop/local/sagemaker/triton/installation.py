"""Prepares the tritonserver of the wheel `nvidia-pytriton` to serve our formats on loopback.

It adds two things to the wheel's files:

- A backend folder in which the wheel's Python backend replaces libtorch and ONNX Runtime: Triton
  uses `pytorch/model.py` as the backend of `platform: "pytorch_libtorch"`, and
  `onnxruntime/model.py` as that of `platform: "onnxruntime_onnx"`.
- A copy of `bin/tritonserver` whose SageMaker endpoint listens on 127.0.0.1. The address is
  hard-coded as 0.0.0.0, without a flag (triton-inference-server/server,
  src/command_line_parser.h: `sagemaker_address_{"0.0.0.0"}`). The compiler stores this literal in
  instructions, as four, two and one characters. The copy changes five of the seven characters to
  get "127.0.1", which inet_addr(3), used by libevhtp, parses as 127.0.0.1. `listeners.py` checks
  each server's sockets, so a failed patch is detected at once.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import struct
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from modeldrop.local.tools import PYTRITON_VERSION

_HERE = Path(__file__).parents[1]

_PACKAGE = f"nvidia-pytriton=={PYTRITON_VERSION}"

STAND_INS = ("pytorch", "onnxruntime")
"""Backends of the container that Python files replace (`triton_backends/`)."""

# movl $"0.0.",offset(%rbx): opcode c7, ModRM 83, 32-bit offset, 32-bit literal.
_FIRST_FOUR = re.compile(rb"\xc7\x83(.{4})0\.0\.", re.DOTALL)
# movb $"0",offset+6(%rbx) follows within a few instructions: opcode c6, ModRM 83.
_LAST_ONE = b"\xc6\x83%s0"
_LAST_WITHIN_BYTES = 256
# HTTP, gRPC, SageMaker and Vertex AI each have this default address.
_ADDRESSES = 4


class TritonUnusable(Exception):
    """The wheel's tritonserver is unusable. The text has the fix."""


@dataclass(frozen=True)
class Triton:
    """A tritonserver that is ready to start.

    Attributes:
        program: the executable.
        backends: value of --backend-directory.
        environment: environment variables for the server and its Python stubs.
    """

    program: Path
    backends: Path
    environment: dict[str, str]


def prepare(wheel: Path, folder: Path) -> Triton:
    """Create a usable tritonserver in a folder, from the wheel's files.

    Args:
        wheel: target of `pip install --target WHEEL --no-deps nvidia-pytriton`.
        folder: private folder; its contents are replaced.

    Raises:
        TritonUnusable: a file is missing, or the binary is not the known one.
    """
    server = wheel / "pytriton" / "tritonserver"
    program = server / "bin" / "tritonserver"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stub = server / "python_backend_stubs" / version / "triton_python_backend_stub"
    for needed in (program, stub, server / "backends" / "python" / "libtriton_python.so"):
        if not needed.is_file():
            raise TritonUnusable(
                f"{needed} is missing.\nFix: pip install --target {wheel} --no-deps "
                f"{_PACKAGE}; it has stubs for Python 3.8 to 3.13, on x86_64 Linux."
            )
    shutil.rmtree(folder, ignore_errors=True)
    backends = folder / "backends"
    shutil.copytree(server / "backends", backends)
    shutil.copy2(stub, backends / "python" / stub.name)
    utilities = backends / "python" / "triton_python_backend_utils.py"
    utilities.write_text(utilities.read_text() + (_HERE / "triton_backends/numpy2.py").read_text())
    for name in STAND_INS:
        shutil.copytree(_HERE / "triton_backends" / name, backends / name)
    loopback = folder / "tritonserver"
    loopback.write_bytes(on_loopback(program.read_bytes()))
    loopback.chmod(0o755)
    return Triton(loopback, backends, _environment(wheel, version))


def on_loopback(program: bytes) -> bytes:
    """Change tritonserver's default addresses from 0.0.0.0 to "127.0.1", which is 127.0.0.1.

    Raises:
        TritonUnusable: the addresses are not at the expected places.
    """
    patched = bytearray(program)
    found = 0
    for match in _FIRST_FOUR.finditer(program):
        offset = struct.unpack("<I", match[1])[0]
        last = _LAST_ONE % struct.pack("<I", offset + 6)
        at = program.find(last, match.end(), match.end() + _LAST_WITHIN_BYTES)
        if at < 0:
            continue
        patched[match.end() - 4 : match.end()] = b"127."
        patched[at + len(last) - 1] = ord("1")
        found += 1
    if found != _ADDRESSES:
        digest = hashlib.sha256(program).hexdigest()[:12]
        raise TritonUnusable(
            f"This tritonserver (sha256 {digest}…) is not from {_PACKAGE}: it has {found} known "
            f"default addresses, not {_ADDRESSES}, so it cannot be restricted to 127.0.0.1.\n"
            f"Fix: install {_PACKAGE}."
        )
    return bytes(patched)


def _environment(wheel: Path, version: str) -> dict[str, str]:
    """The stub embeds Python: it needs libpython, and finds our site-packages through PATH.

    It uses the first `python3` on PATH, and the pyvenv.cfg next to it (this wheel's stub ignores
    PYTHONPATH).
    """
    libraries = [wheel / "nvidia_pytriton.libs", *libpython_folders(wheel, version)]
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
        "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
    }


def libpython_folders(wheel: Path, version: str) -> list[Path]:
    """Find the folder of the shared libpython, for LD_LIBRARY_PATH.

    Debian's and Ubuntu's `python3` is linked statically; libpython is a separate package there. A
    copy may also be in `<wheel>/lib`, for users who cannot install packages. The wheel includes
    libpython only for Python 3.13.

    Raises:
        TritonUnusable: libpython is not installed.
    """
    name = f"libpython{version}.so.1.0"
    folders = [
        Path(sysconfig.get_config_var("LIBDIR") or "/usr/lib"),
        Path("/usr/lib") / (sysconfig.get_config_var("MULTIARCH") or "x86_64-linux-gnu"),
        Path("/usr/lib64"),
        wheel / "lib",
    ]
    for folder in folders:
        if (folder / name).exists():
            return [folder]
    if list((wheel / "nvidia_pytriton.libs").glob(f"libpython{version[0]}-*.{version[2:]}.so.*")):
        return []
    raise TritonUnusable(
        f"Triton's Python backend needs {name}, which is not in "
        f"{', '.join(map(str, folders))}.\nFix: sudo apt-get install libpython{version}"
    )
