"""Starts, watches and stops a tritonserver process in SageMaker mode."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx

from model_packager.spec.hosting_spec import DEFAULT_MODEL_VARIABLE
from modeldrop.local.cleanup import SHARED_MEMORY
from modeldrop.local.home import MARKER
from modeldrop.local.process import ProcessIdentity
from modeldrop.local.sagemaker.triton.container_log import ContainerLog
from modeldrop.local.sagemaker.triton.installation import SOCKET, STAND_INS, Triton
from modeldrop.local.sagemaker.triton.listeners import listening_addresses
from modeldrop.local.sagemaker.triton.serve_rules import (
    Serving,
    shared_memory_settings,
)
from modeldrop.local.sagemaker.triton.stubs import stand_in_processes

_logger = logging.getLogger(__name__)

BASE_URL = "http://tritonserver"
"""The base URL of requests over the server's socket. The host name is arbitrary."""

WITHOUT_TLS = False
"""The value of `verify` for a client of the server's socket. A TLS context would take 20 ms of CPU
time."""

_DIE_WITH_PARENT = Path(__file__).parents[2] / "die_with_parent.py"
_POLL_SECONDS = 0.05
MODEL_REPOSITORY = "MODELDROP_MODEL_REPOSITORY"
"""The environment variable with the folder of the model repository, for the ONNX Runtime
backend."""
# "To be healthy, /ping answers 200 within 2 seconds": SageMaker's developer guide, "How Your
# Container Should Respond to Health Check (Ping) Requests".
_PING_SECONDS = 2.0
_LOG_SECONDS = 5.0
# Only SageMaker's endpoint gets requests, although the environment can turn on other servers
# (SAGEMAKER_TRITON_ADDITIONAL_ARGS). The last of repeated options counts.
_NO_OTHER_SERVERS = ("--allow-http=false", "--allow-grpc=false", "--allow-metrics=false")


class NotHealthy(Exception):
    """The server exited or did not become healthy in time."""


class TritonHost:
    """Starts tritonservers that cannot outlive this process.

    One thread starts all servers and lives as long as the host (see die_with_parent.py).
    """

    def __init__(self, triton: Triton, region_prefix: str, folder: Path) -> None:
        """Keep the installation, and remove the files of earlier servers.

        Args:
            triton: the installation of tritonserver.
            region_prefix: the prefix of all names of shared-memory regions.
            folder: the folder for the servers' working folders; its contents are replaced.
        """
        self._triton = triton
        self._region_prefix = region_prefix
        self._folder = folder
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="triton-starter")

    def remove_leftovers(self) -> None:
        """Remove the folders and shared memory of servers that a killed process left."""
        shutil.rmtree(self._folder, ignore_errors=True)
        for region in SHARED_MEMORY.glob(f"{self._region_prefix}*"):
            region.unlink(missing_ok=True)

    def start(
        self, serving: Serving, environment: Mapping[str, str], log: ContainerLog
    ) -> TritonServer:
        """Start a server as `serve` decided, without waiting until it is healthy."""
        return self._starter.submit(self._start, serving, environment, log).result()

    def close(self) -> None:
        """End the thread that starts servers. Stop every server first."""
        self._starter.shutdown()

    def _start(
        self, serving: Serving, environment: Mapping[str, str], log: ContainerLog
    ) -> TritonServer:
        region = f"{self._region_prefix}{secrets.token_hex(4)}"
        # The server listens in this folder (`installation.SOCKET`), which only this user can enter.
        folder = self._folder / region
        self._folder.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        try:
            process = subprocess.Popen(
                [*self._command(serving), *self._backend_flags(region, environment)],
                env=self._environment(serving, environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except BaseException:  # for example, an environment that the kernel refuses
            folder.rmdir()
            raise
        assert process.stdout is not None  # noqa: S101 - stdout is PIPE
        log_thread = log.follow(process.stdout)
        return TritonServer(process, folder, region, log_thread, self._triton.backends)

    def _command(self, serving: Serving) -> list[str]:
        return [
            sys.executable,
            "-IS",
            str(_DIE_WITH_PARENT),
            str(int(signal.SIGKILL)),
            str(os.getpid()),
            str(self._triton.program),
            *serving.arguments,
            *_NO_OTHER_SERVERS,
        ]

    def _backend_flags(self, region: str, environment: Mapping[str, str]) -> list[str]:
        # The container sets these sizes for its Python backend. Here the Python backend also
        # replaces other backends.
        settings = {**shared_memory_settings(environment), "shm-region-prefix-name": region}
        return [
            *(
                f"--backend-config={backend},{name}={value}"
                for backend in STAND_INS
                for name, value in settings.items()
            ),
            f"--backend-config=python,shm-region-prefix-name={region}",
            f"--backend-directory={self._triton.backends}",
        ]

    def _environment(self, serving: Serving, environment: Mapping[str, str]) -> dict[str, str]:
        return {
            "LANG": "C.UTF-8",
            # LD_ variables would make the dynamic linker read and write files of this computer
            # (ld.so(8)).
            **{name: each for name, each in environment.items() if not name.startswith("LD_")},
            **self._triton.environment,
            DEFAULT_MODEL_VARIABLE: serving.default_model or "",
            MODEL_REPOSITORY: _repository(serving),
            **_own_marker(),
        }


class TritonServer:
    """A running tritonserver with its stubs, which belong to its process group."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        folder: Path,
        region: str,
        log_thread: threading.Thread,
        backends: Path,
    ) -> None:
        self.pid = process.pid
        self.folder = folder
        self.socket = folder / SOCKET
        self.is_stopped = False
        self._process = process
        # The path of a Unix socket has at most 107 bytes (unix(7)); the path of a home may be
        # longer.
        self._directory = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        self._region = region
        self._log_thread = log_thread
        self._backends = backends
        self._stand_ins: dict[ProcessIdentity, str] = {}

    def end(self) -> str | None:
        """Return how the server or a stand-in backend ended, as a sentence; None while they run."""
        status = self._exit_status()
        if status is not None:
            if status < 0:
                return f"{signal.Signals(-status).name} ended tritonserver (pid {self.pid})."
            return f"tritonserver (pid {self.pid}) exited with status {status}."
        for process, name in self._stand_ins.items():
            if not process.is_running():
                return (
                    f"The process of the backend {name} (pid {process.pid}) ended. Its version "
                    "differs from the backend in Triton's image, which may not crash here."
                )
        return None

    def _exit_status(self) -> int | None:
        """Return the exit code, or minus the signal; None while the server runs.

        An ended process stays a zombie until `kill`, so that no other process gets its group ID.
        """
        with suppress(ChildProcessError):  # another thread has already waited for the process
            ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                return None
            return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
        return self._process.poll()

    @property
    def address(self) -> str:
        """The path of the Unix socket, which this process can use until `stop`."""
        return f"/proc/self/fd/{self._directory}/{SOCKET}"

    def watch_stand_ins(self) -> set[ProcessIdentity]:
        """Watch the stand-in backends that run now. Return the new ones."""
        running = stand_in_processes(self.pid, self._backends)
        new = running.keys() - self._stand_ins.keys()
        self._stand_ins = self._stand_ins | running
        return new

    def unwatch(self, processes: AbstractSet[ProcessIdentity]) -> None:
        """Stop watching these stand-in backends, because their model is being unloaded."""
        left = self._stand_ins.keys() - processes
        self._stand_ins = {each: self._stand_ins[each] for each in left}

    def wait_until_healthy(self, timeout_seconds: float, cancelled: threading.Event) -> None:
        """Wait until /ping returns 200.

        Raises:
            NotHealthy: the process exited, the time limit passed, or the wait was cancelled.
        """
        deadline = time.monotonic() + timeout_seconds
        transport = httpx.HTTPTransport(uds=self.address, verify=WITHOUT_TLS)
        with httpx.Client(base_url=BASE_URL, timeout=_PING_SECONDS, transport=transport) as client:
            while not cancelled.wait(_POLL_SECONDS):
                status = self._process.poll()
                if status is not None:
                    raise NotHealthy(f"tritonserver exited with status {status}")
                with suppress(httpx.TransportError):
                    if client.get("/ping").status_code == httpx.codes.OK:
                        self._require_unix_socket()
                        self.watch_stand_ins()
                        return
                if time.monotonic() > deadline:
                    raise NotHealthy(f"no healthy /ping within {timeout_seconds:.0f} s")
        raise NotHealthy("the wait was cancelled")

    def stop(self) -> None:
        """Kill the server and its stubs, remove their files, and release the address."""
        self.kill()
        if not self.is_stopped:
            self.is_stopped = True
            os.close(self._directory)

    def kill(self) -> None:
        """Kill the server and its stubs; remove the folder and shared memory. Call `stop` later.

        The address stays reserved, so that a late request does not reach another server. This sends
        SIGKILL, because a graceful exit waits three seconds for requests, and there are none.
        """
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._log_thread.join(timeout=_LOG_SECONDS)
        for region in SHARED_MEMORY.glob(f"{self._region}*"):
            region.unlink(missing_ok=True)

    def _require_unix_socket(self) -> None:
        open_to_others = listening_addresses(self.pid)
        if open_to_others:
            raise NotHealthy(f"it listens on more than its socket: {sorted(open_to_others)}")


def _repository(serving: Serving) -> str:
    flag = "--model-repository="
    folders = (each.removeprefix(flag) for each in serving.arguments if each.startswith(flag))
    return next(folders, "")


def _own_marker() -> dict[str, str]:
    """Return the marker of the cloud that this process belongs to, if any."""
    return {MARKER: os.environ[MARKER]} if MARKER in os.environ else {}
