"""Forks the Python processes of Lambda functions from a process that has imported their layers.

A new process spends nine tenths of its start on the import of boto3, pydantic and model_packager:
half a second of CPU time or more. A fork has these modules at once, and shares their memory with
other forks. There is one server for each list of layers; it imports no code of a function.

MiniStack imports this module, and its Python also runs this file as the server
(``python -S -P fork_server.py SOCKET LAYER…``). A fork keeps the interpreter's settings: variables
such as PYTHONPATH have no effect in a function's own environment.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from typing import Any

# The libraries of our layers; a layer may lack some. boto3 and Powertools read a function's
# environment when it creates a client or a logger. Only AWS X-Ray's SDK reads its settings on
# import.
_LIBRARIES = (
    "botocore.handlers",
    "boto3",
    "aws_lambda_powertools",
    "aws_xray_sdk.core",
    "model_packager.stored",
    "model_packager.sagemaker.hosting",
    "model_client.request",
    "numpy",
    "PIL.Image",
    "jinja2",
)
_SERVICES = {"s3", "sagemaker", "sagemaker-runtime", "sns", "stepfunctions", "cloudwatch", "logs"}

_MESSAGE_BYTES = 128 * 1024
"""The maximum message size. A message has an environment, whose variables Lambda limits to 4 KB."""


class ForkedProcess:
    """A fork, with the members of subprocess.Popen that MiniStack uses.

    Attributes:
        pid: the process ID of the fork.
        returncode: the exit code (negative: minus the signal); None until a call notices the end.
        stdin: a text stream to the fork.
        stdout: a text stream from the fork.
        stderr: a text stream from the fork.
    """

    def __init__(self, server: _Server, pid: int, pipes: list[int]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdin = open(pipes[0], "w", buffering=1, encoding="utf-8")  # noqa: SIM115, PTH123
        self.stdout = open(pipes[1], encoding="utf-8")  # noqa: SIM115, PTH123
        self.stderr = open(pipes[2], encoding="utf-8")  # noqa: SIM115, PTH123
        self._server = server
        self._pidfd = os.pidfd_open(pid)
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._exit_code(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the fork ends, and return the exit code.

        Raises:
            subprocess.TimeoutExpired: it still runs after `timeout` seconds.
        """
        code = self._exit_code(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self._send(signal.SIGKILL)

    def _exit_code(self, seconds: float | None) -> int | None:
        with self._lock:
            if self.returncode is None:
                end = select.poll()
                # A pidfd is readable once the process has ended (pidfd_open(2))
                end.register(self._pidfd, select.POLLIN)
                if end.poll(None if seconds is None else seconds * 1000):
                    self.returncode = self._server.exit_code(self.pid)
                    os.close(self._pidfd)
            return self.returncode

    def _send(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(OSError):  # the process has just ended
                signal.pidfd_send_signal(self._pidfd, number)


class _Server:
    """The server for a list of layers."""

    def __init__(self, python: str, layers: tuple[str, ...]) -> None:
        self._channel, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        with other:
            subprocess.Popen(
                [python, "-S", "-P", __file__, str(other.fileno()), *layers],
                env=environment,  # it lacks the owner's credentials
                stdin=subprocess.DEVNULL,
                pass_fds=[other.fileno()],
            )

    def fork(self, script: str, env: dict[str, str], cwd: str) -> ForkedProcess:
        """Run a script in a fork.

        Raises:
            OSError: the server has ended.
        """
        pipes = [os.pipe(), os.pipe(), os.pipe()]
        (stdin, to), (output, stdout), (errors, stderr) = pipes
        try:
            request = {"script": script, "env": env, "cwd": cwd}
            pid = self._ask(request, [stdin, stdout, stderr])
        except BaseException:
            for descriptor in (to, output, errors):
                os.close(descriptor)
            raise
        finally:
            for descriptor in (stdin, stdout, stderr):
                os.close(descriptor)
        return ForkedProcess(self, pid, [to, output, errors])

    def close(self) -> None:
        """End the server; its forks continue."""
        with self._lock:
            self._channel.close()

    def exit_code(self, pid: int) -> int:
        """Return the exit code of a fork that has ended; 255 if the server has ended, too."""
        try:
            return self._ask({"ended": pid}, [])
        except OSError:
            return 255

    def _ask(self, request: dict[str, Any], descriptors: list[int]) -> int:
        with self._lock:
            socket.send_fds(self._channel, [json.dumps(request).encode()], descriptors)
            reply = self._channel.recv(_MESSAGE_BYTES)
        if not reply:
            raise ConnectionResetError("the server of forks has ended")
        return int(reply)


_servers: dict[tuple[str, ...], _Server] = {}
_lock = threading.Lock()
_MAX_SERVERS = 6
"""The maximum number of servers. The stack has three lists of layers, and an edit of a layer makes
a new list. The least recently used server ends."""


def start(
    command: list[str], *, env: dict[str, str], cwd: str, **options: Any
) -> ForkedProcess | subprocess.Popen[str]:
    """Start a MiniStack worker like subprocess.Popen, but fork it if it runs Python.

    A forked worker sees the standard library, but not the packages of MiniStack's Python.
    """
    program, script = command
    if not script.endswith(".py"):
        return subprocess.Popen(command, env=env, cwd=cwd, **options)
    if os.environ["LAMBDA_FORKS"] == "false":
        return subprocess.Popen([program, "-S", script], env=env, cwd=cwd, **options)
    layers = tuple(filter(None, env.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep)))
    server = _server_for(program, layers)
    try:
        return server.fork(script, env, cwd)
    except OSError:  # the server has ended
        return _server_for(program, layers, instead_of=server).fork(script, env, cwd)


def _server_for(python: str, layers: tuple[str, ...], instead_of: _Server | None = None) -> _Server:
    with _lock:
        server = _servers.pop(layers, None)
        if server is None or server is instead_of:
            server = _Server(python, layers)
        _servers[layers] = server  # most recently used last
        if len(_servers) > _MAX_SERVERS:
            _servers.pop(next(iter(_servers))).close()
        return server


# --- The process of the server -------------------------------------------------------------------


def _import_libraries(layers: list[str]) -> None:
    sys.dont_write_bytecode = False  # later processes reuse the bytecode of layers and functions
    # The order of a MiniStack worker: layers come first, and it adds its folders later.
    path = list(sys.path)
    for layer in layers:
        sys.path[:0] = [layer, os.path.join(layer, "python")]  # noqa: PTH118
    os.environ["LAMBDA_TASK_ROOT"] = "/var/task"  # tells X-Ray's SDK that it runs in a function
    for library in _LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(library)
    sys.path[:] = path
    with contextlib.suppress(ImportError):
        _make_clients()
    gc.collect()
    gc.freeze()  # otherwise the garbage collector would write to shared pages


def _make_clients() -> None:
    """Create clients, so that boto3's default session caches what it parses (0.2 s of CPU time)."""
    import boto3

    boto3.setup_default_session()
    session: Any = boto3.DEFAULT_SESSION
    keys = dict.fromkeys(("aws_access_key_id", "aws_secret_access_key"), "none")
    for service in _SERVICES & set(session.get_available_services()):
        session.client(service, "us-east-1", **keys)


def _serve(channel: socket.socket) -> str:
    """Fork for each request. Return only in the forks, with the script to run."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, _MESSAGE_BYTES, 3)
        if not message:
            sys.exit()  # MiniStack has ended
        request = json.loads(message)
        if "ended" in request:
            _, status = os.waitpid(request["ended"], 0)
            reply = os.waitstatus_to_exitcode(status)
        else:
            reply = os.fork()
            if reply == 0:
                channel.close()
                _become(request, descriptors)
                return str(request["script"])
            for descriptor in descriptors:
                os.close(descriptor)
        channel.send(str(reply).encode())


def _become(request: dict[str, Any], descriptors: list[int]) -> None:
    for standard, descriptor in enumerate(descriptors):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    sys.argv[:] = [request["script"]]
    sys.path.insert(0, os.path.dirname(request["script"]))  # noqa: PTH120


if __name__ == "__main__":
    _import_libraries(sys.argv[2:])
    runpy.run_path(_serve(socket.socket(fileno=int(sys.argv[1]))), run_name="__main__")
