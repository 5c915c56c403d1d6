"""A model on the local tritonserver for the length of a trial: no drop, no emulated AWS around it.

The folder is laid out as the container finds it, the server is started as for an endpoint, and
requests go straight to its /invocations.
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

from model_client.answer import Answer, parse
from model_client.request import JSON
from model_packager.repository.layout import config_path, labels_path, model_path
from model_packager.spec.hosting_spec import DEFAULT_MODEL_VARIABLE
from model_packager.spec.load_profile import MAX_CLIENTS
from modeldrop.errors import UsageError
from modeldrop.local import tools
from modeldrop.local.sagemaker.triton import serve_rules
from modeldrop.local.sagemaker.triton.container_log import ContainerLog
from modeldrop.local.sagemaker.triton.installation import prepare
from modeldrop.local.sagemaker.triton.missing_backends import missing_backend
from modeldrop.local.sagemaker.triton.server import NotHealthy, TritonHost
from modeldrop.tuning.run import MODEL
from modeldrop.tuning.search import CandidateFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_packager.inspection import Inspection

    Ask = Callable[[bytes, str], Answer]

STARTUP_SECONDS = 240
ANSWER_SECONDS = 60
_LOG_LINES = 5


class ModelTrials:
    """Serves one model file again and again, with other settings each time."""

    def __init__(self, file: Path, host: TritonHost, folder: Path) -> None:
        """Take the model file, what starts servers, and a folder of one's own."""
        self._file = file.resolve()
        self._host = host
        self._folder = folder

    def processors(self, _found: Inspection) -> int:
        """Count this computer's."""
        return os.cpu_count() or 1

    @contextmanager
    def serving(self, found: Inspection, _spec: str) -> Iterator[Ask]:
        """Serve the file as its inspection says, for the length of a `with` block.

        Raises:
            UsageError: the tritonserver here has no backend for it.
            CandidateFailed: it does not come up; the message ends with its log.
        """
        repository = self._folder / secrets.token_hex(4)
        log = self._folder / f"{repository.name}.log"
        try:
            self._lay_out(found, repository)
            environment = found.spec.container.environment | {DEFAULT_MODEL_VARIABLE: MODEL}
            serving = serve_rules.decide(repository, environment)
            server = self._host.start(serving, environment, ContainerLog(log))
            try:
                server.wait_until_healthy(STARTUP_SECONDS, threading.Event())
                with _client(server.url) as client:
                    yield _way_to(client)
            except NotHealthy as error:
                raise CandidateFailed(f"{error}: {_end_of(log)}") from error
            finally:
                server.stop()
        finally:
            shutil.rmtree(repository, ignore_errors=True)
            log.unlink(missing_ok=True)

    def _lay_out(self, found: Inspection, repository: Path) -> None:
        path = found.model_format.path
        if path is None or found.model_format.is_folder:
            raise UsageError(
                f"{self._file.name} is {found.model_format.title}: it cannot be tuned here."
            )
        model = repository / model_path(MODEL, path)
        model.parent.mkdir(parents=True)
        model.symlink_to(self._file)
        (repository / config_path(MODEL)).write_text(found.config_pbtxt)
        if found.labels is not None:
            (repository / labels_path(MODEL)).write_bytes(found.labels)
        missing = missing_backend(repository, MODEL)
        if missing is not None:
            raise UsageError(missing)


@contextmanager
def model_trials(file: Path) -> Iterator[ModelTrials]:
    """Prepare a tritonserver for trials, and leave nothing of it.

    Raises:
        ToolMissing: `make setup` has not been run.
    """
    wheel = tools.triton().require()
    with tempfile.TemporaryDirectory(prefix="modeldrop-tune-") as folder:
        host = TritonHost(
            prepare(wheel, Path(folder) / "triton"), f"modeldrop_{secrets.token_hex(4)}_"
        )
        try:
            yield ModelTrials(file, host, Path(folder))
        finally:
            host.close()


def _client(url: str) -> httpx.Client:
    limits = httpx.Limits(max_connections=MAX_CLIENTS, max_keepalive_connections=MAX_CLIENTS)
    return httpx.Client(base_url=url, timeout=ANSWER_SECONDS, limits=limits, trust_env=False)


def _way_to(client: httpx.Client) -> Ask:
    def ask(body: bytes, content_type: str) -> Answer:
        start = time.perf_counter()
        try:
            response = client.post(
                "/invocations", content=body, headers={"Content-Type": content_type}
            )
        except httpx.TransportError as error:
            raise CandidateFailed(f"tritonserver did not answer: {error!r}") from error
        milliseconds = (time.perf_counter() - start) * 1000
        if response.is_error:
            raise CandidateFailed(f"tritonserver refused a request: {response.text}")
        content = response.content
        result = parse(content, response.headers.get("Content-Type", JSON))
        return Answer(result, milliseconds, len(body), len(content))

    return ask


def _end_of(log: Path) -> str:
    lines = log.read_text(encoding="utf-8").splitlines()
    wrong = [line for line in lines if line.startswith(("E", "ERROR"))]
    return " ".join((wrong or lines)[-_LOG_LINES:])
