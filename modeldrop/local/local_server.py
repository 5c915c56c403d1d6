"""Serves a model on the local tritonserver for one candidate, without a drop or emulated AWS.

The repository has the container's layout, the server starts as it does for an endpoint, and
requests go directly to /invocations.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from model_client.request import JSON
from model_client.response import Response, parse_response
from model_packager.repository.layout import config_path, labels_path, model_path
from model_packager.sagemaker.hosting_resolution import container_environment
from model_packager.spec.load_profile import MAX_CLIENTS
from modeldrop.errors import UsageError
from modeldrop.interruption import announce, deferred
from modeldrop.local import tools
from modeldrop.local.sagemaker.hosting.container_request import TIMEOUT_SECONDS
from modeldrop.local.sagemaker.triton import serve_rules
from modeldrop.local.sagemaker.triton.container_log import ContainerLog
from modeldrop.local.sagemaker.triton.installation import prepare
from modeldrop.local.sagemaker.triton.missing_backends import missing_backend
from modeldrop.local.sagemaker.triton.server import (
    BASE_URL,
    WITHOUT_TLS,
    NotHealthy,
    TritonHost,
    TritonServer,
)
from modeldrop.tuning.run import MODEL
from modeldrop.tuning.search import CandidateFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_packager.inspection import Inspection

    Send = Callable[[bytes, str], Response]

STARTUP_SECONDS = 240
_LOG_LINES = 5


class LocalServer:
    """Serves one model file repeatedly, with the settings of each candidate."""

    def __init__(self, file: Path, host: TritonHost, folder: Path) -> None:
        self._file = file.resolve()
        self._host = host
        self._folder = folder

    def processors(self, _inspection: Inspection) -> int:
        """Return the number of processors of this computer."""
        return os.cpu_count() or 1

    @contextmanager
    def serving(self, inspection: Inspection, _spec: str) -> Iterator[Send]:
        """Serve the file as configured by its inspection, for a `with` block.

        Raises:
            UsageError: the local tritonserver has no backend for it.
            CandidateFailed: the server does not start; the message ends with the server's log.
        """
        repository = self._folder / secrets.token_hex(4)
        log = self._folder / f"{repository.name}.log"
        try:
            self._lay_out(inspection, repository)
            environment = container_environment(MODEL, inspection.spec)
            serving = serve_rules.decide(repository, environment)
            server = None
            try:
                with deferred():
                    server = self._host.start(serving, environment, ContainerLog(log))
                server.wait_until_healthy(STARTUP_SECONDS, threading.Event())
                with _client(server) as client:
                    yield _sender(client)
            except NotHealthy as error:
                raise CandidateFailed(f"{error}: {_log_tail(log)}") from error
            finally:
                if server is not None:
                    server.stop()
        finally:
            shutil.rmtree(repository, ignore_errors=True)
            log.unlink(missing_ok=True)

    def _lay_out(self, inspection: Inspection, repository: Path) -> None:
        path = inspection.model_format.path
        if path is None or inspection.model_format.is_folder:
            raise UsageError(
                f"{self._file.name} is {inspection.model_format.title}, "
                "which cannot be tuned locally."
            )
        model = repository / model_path(MODEL, path)
        model.parent.mkdir(parents=True)
        model.symlink_to(self._file)
        (repository / config_path(MODEL)).write_text(inspection.config_pbtxt)
        if inspection.labels is not None:
            (repository / labels_path(MODEL)).write_bytes(inspection.labels)
        missing = missing_backend(repository, MODEL)
        if missing is not None:
            raise UsageError(missing)


@contextmanager
def local_server(file: Path) -> Iterator[LocalServer]:
    """Prepare a tritonserver for candidates, and remove it at the end.

    Raises:
        ToolMissing: `make setup` has not been run.
    """
    wheel = tools.triton().require()
    with tempfile.TemporaryDirectory(prefix="modeldrop-tune-") as folder:
        host = TritonHost(
            prepare(wheel, Path(folder) / "triton"),
            f"modeldrop_{secrets.token_hex(4)}_",
            Path(folder) / "tritonservers",
        )
        announce("Tuning was interrupted. Its tritonserver was stopped.")
        try:
            yield LocalServer(file, host, Path(folder))
        finally:
            host.close()


def _client(server: TritonServer) -> httpx.Client:
    limits = httpx.Limits(max_connections=MAX_CLIENTS, max_keepalive_connections=MAX_CLIENTS)
    transport = httpx.HTTPTransport(uds=server.address, limits=limits, verify=WITHOUT_TLS)
    return httpx.Client(base_url=BASE_URL, timeout=TIMEOUT_SECONDS, transport=transport)


def _sender(client: httpx.Client) -> Send:
    def send(body: bytes, content_type: str) -> Response:
        start = time.perf_counter()
        try:
            response = client.post(
                "/invocations", content=body, headers={"Content-Type": content_type}
            )
        except httpx.TransportError as error:
            raise CandidateFailed(f"tritonserver did not respond: {error!r}") from error
        milliseconds = (time.perf_counter() - start) * 1000
        if response.is_error:
            raise CandidateFailed(f"tritonserver rejected a request: {response.text}")
        content = response.content
        result = parse_response(content, response.headers.get("Content-Type", JSON))
        return Response(result, milliseconds, len(body), len(content))

    return send


def _log_tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8").splitlines()
    errors = [line for line in lines if line.startswith(("E", "ERROR"))]
    return " ".join((errors or lines)[-_LOG_LINES:])
