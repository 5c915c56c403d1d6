"""Prepares the tritonserver of the wheel `nvidia-pytriton` to serve our formats, only to this user.

It adds four things to the wheel's files:

- A backend folder in which the wheel's Python backend replaces libtorch and ONNX Runtime: Triton
  uses `pytorch/model.py` as the backend of `platform: "pytorch_libtorch"`, and
  `onnxruntime/model.py` as that of `platform: "onnxruntime_onnx"`.
- A copy of `bin/tritonserver` whose HTTP servers listen on a Unix socket. SageMaker's endpoint
  listens on 0.0.0.0, without a flag (triton-inference-server/server, src/command_line_parser.h:
  `sagemaker_address_{"0.0.0.0"}`), and /models loads a repository from any path or URL for every
  client. Its HTTP library listens on a Unix socket if the address begins with "unix:"
  (criticalstack/libevhtp, `evhtp_bind_socket`). The copy skips that comparison, and the option
  TCP_NODELAY, which a Unix socket refuses. `listeners.py` checks each server, so a failed patch is
  detected at once.
- The same copy loads the models of a multi-model endpoint from the server's working folder. /models
  accepts only URLs under /opt/ml/models (src/sagemaker_server.cc, `model_path_regex_`), a folder
  that this computer may not have. The copy has a different path of the same length.
- A copy of the Python backend that creates its folder of environments in the server's working
  folder, not in /tmp, where it would stay after SIGKILL (triton-inference-server/python_backend,
  src/pb_env.cc: `"/tmp/python_env_XXXXXX"`). The copy also waits ten seconds instead of one for the
  first message of a new process (src/stub_launcher.cc, `ReceiveMessageFromStub`). On a busy
  computer, one second was too short, and the server waited forever for the process that it had
  given up.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from modeldrop.local.tools import PYTRITON_VERSION

_HERE = Path(__file__).parents[1]

_PACKAGE = f"nvidia-pytriton=={PYTRITON_VERSION}"

STAND_INS = ("pytorch", "onnxruntime")
"""The backends of the container that Python files replace (`triton_backends/`)."""

SOCKET = ".0"
"""The name of the socket in the server's working folder: the address "0.0.0.0" without its first
five characters, where libevhtp expects "unix:"."""

# evhtp_bind_socket: strncmp(address, "unix:", 5), and a short jump if equal. movl $5,%edx; lea with
# the 32-bit distance of the literal, %rsi; mov %rbp,%rdi; call; test %eax,%eax; je.
_IS_UNIX_ADDRESS = re.compile(
    rb"\xba\x05\x00\x00\x00\x48\x8d\x35(.{4})\x48\x89\xef\xe8.{4}\x85\xc0(\x74)", re.DOTALL
)
_LEA_ENDS_AT = 12  # the distance is relative to this address
_ALWAYS = b"\xeb"  # jmp
# evhtp_bind_sockaddr: jumps if EVHTP_FLAG_ENABLE_REUSEPORT (4), _NODELAY (8), _DEFER_ACCEPT (16);
# then it compares the family with AF_INET6 (10). test $flag,%al; jne; …; cmpw $10,0(%r13).
_SETS_NODELAY = re.compile(
    rb"\xa8\x04\x0f\x85.{4}\xa8\x08(\x0f\x85.{4})\xa8\x10\x0f\x85.{4}\x66\x41\x83\x7d\x00\x0a",
    re.DOTALL,
)
_NEVER = b"\x66\x0f\x1f\x44\x00\x00"  # a no-operation of six bytes

_CONTAINER_MODELS = rb"(\/opt\/ml\/models\/[0-9A-Za-z._]+)"
_LOCAL_MODELS = rb"(/proc/self/cwd/opt/[0-9A-Za-z._]+)"  # has the same length
MODELS = "opt"
"""The folder for the models of a multi-model endpoint, in the server's working folder."""
MODELS_URL = f"/proc/self/cwd/{MODELS}"
"""The same folder as a path that tritonserver and its stubs can open."""

_ENVIRONMENTS = b"/tmp/python_env_"
_IN_WORKING_FOLDER = b".////python_env_"  # has the same length


# ReceiveMessageFromStub waits until now + 1 s for a message: movabs $(1 s - the year 1970),%rcx;
# add %rbx,%rcx; add $(1 s),%rbx; nopl. Boost counts microseconds. The new process must have sent a
# message by then.
_ONE_SECOND = 1_000_000
_TEN_SECONDS = 10 * _ONE_SECOND
_YEAR_1970 = 0xFD12D9C27C578000


class TritonUnusable(Exception):
    """The wheel's tritonserver is unusable. The text includes the fix."""


@dataclass(frozen=True)
class Triton:
    """A tritonserver that is ready to start.

    Attributes:
        program: the executable.
        backends: the value of --backend-directory.
        environment: the environment variables for the server and its Python stubs.
    """

    program: Path
    backends: Path
    environment: dict[str, str]


def prepare(wheel: Path, folder: Path) -> Triton:
    """Create a usable tritonserver in a folder, from the wheel's files.

    Args:
        wheel: the target folder of `pip install --target WHEEL --no-deps nvidia-pytriton`.
        folder: a private folder; its contents are replaced.

    Raises:
        TritonUnusable: a file is missing, or the binary is not the expected one.
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
    library = backends / "python" / "libtriton_python.so"
    patched = with_environments_in_working_folder(library.read_bytes())
    library.write_bytes(with_time_to_start(patched))
    utilities = backends / "python" / "triton_python_backend_utils.py"
    utilities.write_text(utilities.read_text() + (_HERE / "triton_backends/numpy2.py").read_text())
    for name in STAND_INS:
        shutil.copytree(_HERE / "triton_backends" / name, backends / name)
        for shared in ("batch_runner.py", "model_memory.py", "stand_in_limits.py"):
            shutil.copy2(_HERE / "triton_backends" / shared, backends / name)
    ours = folder / "tritonserver"
    ours.write_bytes(with_models_in_working_folder(on_unix_sockets(program.read_bytes())))
    ours.chmod(0o755)
    return Triton(ours, backends, _environment(wheel, version))


def on_unix_sockets(program: bytes) -> bytes:
    """Change tritonserver's HTTP servers to listen on Unix sockets only.

    Raises:
        TritonUnusable: the instructions are not at the expected places.
    """
    comparisons = [
        match
        for match in _IS_UNIX_ADDRESS.finditer(program)
        if _literal(program, match) == b"unix:"
    ]
    options = list(_SETS_NODELAY.finditer(program))
    if (len(comparisons), len(options)) != (1, 1):
        raise _unknown("tritonserver", program, "restricted to Unix sockets")
    patched = bytearray(program)
    patched[comparisons[0].start(2) : comparisons[0].end(2)] = _ALWAYS
    patched[options[0].start(1) : options[0].end(1)] = _NEVER
    return bytes(patched)


def with_models_in_working_folder(program: bytes) -> bytes:
    """Change tritonserver's /models to load models from the working folder.

    Raises:
        TritonUnusable: the literal is not there exactly once.
    """
    if program.count(_CONTAINER_MODELS) != 1:
        raise _unknown("tritonserver", program, "changed to load models from its working folder")
    return program.replace(_CONTAINER_MODELS, _LOCAL_MODELS)


def with_environments_in_working_folder(library: bytes) -> bytes:
    """Change the Python backend to use the working folder instead of /tmp.

    Raises:
        TritonUnusable: the literal is not there exactly once.
    """
    if library.count(_ENVIRONMENTS) != 1:
        raise _unknown("libtriton_python.so", library, "changed to leave /tmp alone")
    return library.replace(_ENVIRONMENTS, _IN_WORKING_FOLDER)


def with_time_to_start(library: bytes) -> bytes:
    """Change the Python backend to wait ten seconds for the first message of a new process.

    Raises:
        TritonUnusable: the instructions are not there exactly once.
    """
    waiting = _wait(_ONE_SECOND)
    if library.count(waiting) != 1:
        raise _unknown("libtriton_python.so", library, "changed to wait for slow processes")
    return library.replace(waiting, _wait(_TEN_SECONDS))


def _wait(microseconds: int) -> bytes:
    """Return the instructions that add a duration to the current time."""
    since_1970 = (_YEAR_1970 + microseconds).to_bytes(8, "little")
    added = microseconds.to_bytes(4, "little")
    return b"\x48\xb9%b\x48\x01\xd9\x48\x81\xc3%b\x0f\x1f\x40\x00" % (since_1970, added)


def _unknown(name: str, content: bytes, change: str) -> TritonUnusable:
    digest = hashlib.sha256(content).hexdigest()[:12]
    return TritonUnusable(
        f"This {name} (sha256 {digest}…) is not from {_PACKAGE}, so it cannot be {change}.\n"
        f"Fix: install {_PACKAGE}."
    )


def _literal(program: bytes, match: re.Match[bytes]) -> bytes:
    """Return the first five characters of the string that the instruction refers to."""
    # The distance between code and constants is the same in the file and in memory.
    at = match.start() + _LEA_ENDS_AT + int.from_bytes(match[1], "little", signed=True)
    return program[max(at, 0) : at + 5]


def _environment(wheel: Path, version: str) -> dict[str, str]:
    """Return the environment of the stub, which embeds Python and needs libpython.

    The stub finds site-packages through the first `python3` on PATH and the pyvenv.cfg next to it.
    This wheel's stub ignores PYTHONPATH.
    """
    libraries = [wheel / "nvidia_pytriton.libs", *libpython_folders(wheel, version)]
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
        "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
    }


def libpython_folders(wheel: Path, version: str) -> list[Path]:
    """Find the folder of the shared libpython, for LD_LIBRARY_PATH.

    Debian's and Ubuntu's `python3` is linked statically; libpython is a separate package there.
    Users who cannot install packages may copy it to `<wheel>/lib`. The wheel includes libpython
    only for Python 3.13.

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
