"""One tritonserver process, in SageMaker mode: started, waited for, stopped without a trace."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx

from modeldrop.local.sagemaker.triton.container_log import ContainerLog
from modeldrop.local.sagemaker.triton.installation import STAND_INS, Triton
from modeldrop.local.sagemaker.triton.listeners import beyond_loopback
from modeldrop.local.sagemaker.triton.serve_rules import (
    DEFAULT_MODEL,
    Serving,
    shared_memory_settings,
)

_logger = logging.getLogger(__name__)

_DIE_WITH_PARENT = Path(__file__).parents[2] / "die_with_parent.py"
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where shm_open(3) puts what Triton makes
_POLL_SECONDS = 0.05
# "To be healthy, /ping answers 200 within 2 seconds": SageMaker's developer guide, "How Your
# Container Should Respond to Health Check (Ping) Requests".
_PING_SECONDS = 2.0
_LOG_SECONDS = 5.0


class NotHealthy(Exception):
    """The server did not come up: it ended, or it did not answer /ping in time."""


class TritonHost:
    """Starts tritonservers that cannot outlive this process.

    All are started from one thread that lives as long as the host (see die_with_parent.py).
    """

    def __init__(self, triton: Triton, region_prefix: str) -> None:
        """Take the installation, and the beginning of all shared-memory names."""
        self._triton = triton
        self._region_prefix = region_prefix
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="triton-starter")

    def remove_leftovers(self) -> None:
        """Remove the shared memory of servers that were killed with an earlier process."""
        for region in _SHARED_MEMORY.glob(f"{self._region_prefix}*"):
            region.unlink(missing_ok=True)

    def start(
        self, serving: Serving, environment: Mapping[str, str], log: ContainerLog
    ) -> TritonServer:
        """Start a server for what `serve` decided; it comes up while this returns."""
        return self._starter.submit(self._start, serving, environment, log).result()

    def close(self) -> None:
        """Give the starting thread up. Every server has to be stopped before."""
        self._starter.shutdown()

    def _start(
        self, serving: Serving, environment: Mapping[str, str], log: ContainerLog
    ) -> TritonServer:
        region = f"{self._region_prefix}{secrets.token_hex(4)}"
        # Bound but not listening, with SO_REUSEADDR as libevhtp has it: tritonserver can take the
        # port, nobody else is given it.
        reserved = socket.socket()
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        port = int(reserved.getsockname()[1])
        # The container gives these sizes to the Python backend; here others are made of it too.
        settings = {
            **shared_memory_settings(environment),
            "shm-region-prefix-name": region,
        }
        command = [
            sys.executable,
            "-IS",
            str(_DIE_WITH_PARENT),
            str(int(signal.SIGKILL)),
            str(os.getpid()),
            str(self._triton.program),
            *serving.arguments,
            *(
                f"--backend-config={backend},{name}={value}"
                for backend in STAND_INS
                for name, value in settings.items()
            ),
            f"--backend-config=python,shm-region-prefix-name={region}",
            f"--backend-directory={self._triton.backends}",
            f"--sagemaker-port={port}",
        ]
        process = subprocess.Popen(
            command,
            env={
                "LANG": "C.UTF-8",
                **environment,
                **self._triton.environment,
                DEFAULT_MODEL: serving.default_model or "",
            },
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert process.stdout is not None  # noqa: S101 - PIPE was asked for
        return TritonServer(process, port, region, reserved, log.follow(process.stdout))


class TritonServer:
    """A started tritonserver with its stubs, which are in its process group."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        port: int,
        region: str,
        reserved: socket.socket,
        log_thread: threading.Thread,
    ) -> None:
        """Take a process that was just started."""
        self.pid = process.pid
        self.url = f"http://127.0.0.1:{port}"
        self._process = process
        self._region = region
        self._reserved = reserved
        self._log_thread = log_thread

    def wait_until_healthy(self, timeout_seconds: float, cancelled: threading.Event) -> None:
        """Wait for /ping to answer 200.

        Raises:
            NotHealthy: the process ended, the time is over, or the wait was cancelled.
        """
        deadline = time.monotonic() + timeout_seconds
        with httpx.Client(base_url=self.url, timeout=_PING_SECONDS, trust_env=False) as client:
            while not cancelled.wait(_POLL_SECONDS):
                status = self._process.poll()
                if status is not None:
                    raise NotHealthy(f"tritonserver ended with status {status}")
                with suppress(httpx.TransportError):
                    if client.get("/ping").status_code == httpx.codes.OK:
                        self._require_loopback()
                        return
                if time.monotonic() > deadline:
                    raise NotHealthy(f"no healthy /ping within {timeout_seconds:.0f} s")
        raise NotHealthy("the wait was cancelled")

    def stop(self) -> None:
        """End the server and its stubs, and remove what they left in shared memory.

        By SIGKILL: a graceful exit waits for requests, of which there are none here any more, and
        takes three seconds for it.
        """
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._reserved.close()
        self._log_thread.join(timeout=_LOG_SECONDS)
        for region in _SHARED_MEMORY.glob(f"{self._region}*"):
            region.unlink(missing_ok=True)

    def _require_loopback(self) -> None:
        open_to_others = beyond_loopback(self.pid)
        if open_to_others:
            raise NotHealthy(f"it listens beyond this machine, on {sorted(open_to_others)}")
