"""Multi-model endpoints: loads a model on request, and unloads others if memory is short.

Sources: SageMaker's developer guide, "Custom Containers Contract for Multi-Model Endpoints",
"Invoke a Multi-Model Endpoint" and "Set SageMaker AI multi-model endpoint model caching behavior".
AWS does not document how many models a container loads at the same time; here it is one. AWS does
not document the message for a missing archive either; this one is from users' reports.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import httpx
from botocore.exceptions import ClientError

from modeldrop.local.process import ProcessIdentity
from modeldrop.local.sagemaker.errors import ApiError
from modeldrop.local.sagemaker.execution_role import ExecutionRoles, RoleNotAssumable
from modeldrop.local.sagemaker.faults import ActiveFaults
from modeldrop.local.sagemaker.hosting.artifact import Artifact, ArtifactError, fetch
from modeldrop.local.sagemaker.hosting.container_request import TIMEOUT_SECONDS
from modeldrop.local.sagemaker.hosting.fleet import RunningVariant
from modeldrop.local.sagemaker.triton.installation import MODELS, MODELS_URL
from modeldrop.local.sagemaker.triton.missing_backends import missing_backend
from modeldrop.local.sagemaker.triton.server import BASE_URL, WITHOUT_TLS, TritonServer
from modeldrop.local.sagemaker.triton_backends.model_memory import LIMIT, MEMORY

_logger = logging.getLogger(__name__)

# "the model continues to download and load into the inference container for up to 360 seconds"
_LOAD_SECONDS = 360.0
_TARGET_MODEL = "X-Amzn-SageMaker-Target-Model"


class NotLoaded(Exception):
    """The container did not load a model.

    Attributes:
        status: the status of the container's response; 0 without a response.
        message: the body of the response.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class LoadedModel:
    """A model that a request can use.

    Attributes:
        path: the path of the container that invokes the model.
        loading_seconds: how long the request waited for the model, 0 if it was loaded already; None
            if it is the endpoint's only model.
    """

    path: str
    loading_seconds: float | None


class MultiModel:
    """Loads models in the containers of all multi-model endpoints.

    Use it in a single event loop.
    """

    def __init__(self, roles: ExecutionRoles, faults: ActiveFaults) -> None:
        self._roles = roles
        self._faults = faults
        self._containers: dict[TritonServer, _Container] = {}

    @asynccontextmanager
    async def use(
        self, endpoint: str, variant: RunningVariant, target: str
    ) -> AsyncIterator[LoadedModel]:
        """Load a model if necessary, and keep it loaded during a request.

        Args:
            endpoint: the name of the endpoint.
            variant: the variant with its running server.
            target: the TargetModel of the request.

        Yields:
            The model.

        Raises:
            ApiError: the archive is missing, or the model is not loaded within 60 seconds.
            NotLoaded: the container rejected the model.
        """
        start = time.monotonic()
        container = self._container(endpoint, variant)
        model = container.take(target)
        was_loaded = model.loading.done()
        try:
            loading = asyncio.wrap_future(model.loading)
            await asyncio.wait([loading], timeout=TIMEOUT_SECONDS)
            if not loading.done():
                loading.add_done_callback(_ignored)
                raise ApiError(
                    "ModelNotReadyException",
                    f"Model {target} is not ready for inference. Please try again.",
                    HTTPStatus.TOO_MANY_REQUESTS,
                )
            loading.result()
            waited = 0.0 if was_loaded else time.monotonic() - start
            yield LoadedModel(f"/models/{_digest(target)}/invoke", waited)
        finally:
            container.release(target, model)

    def close(self) -> None:
        """Wait until no model is being loaded. Stop the servers first."""
        for container in self._containers.values():
            container.close()

    def _container(self, endpoint: str, variant: RunningVariant) -> _Container:
        container = self._containers.get(variant.server)
        if container is None:
            for stopped in [each for each in self._containers if each.is_stopped]:
                self._containers.pop(stopped).close()
            container = _Container(endpoint, variant, self._roles, self._faults)
            self._containers[variant.server] = container
        return container


@dataclass
class _Model:
    """A model that is loaded or being loaded."""

    loading: Future[None]
    users: int = 0


class _Container:
    """The models of one server, least recently used first."""

    def __init__(
        self,
        endpoint: str,
        variant: RunningVariant,
        roles: ExecutionRoles,
        faults: ActiveFaults,
    ) -> None:
        self._endpoint = endpoint
        self._variant = variant
        self._roles = roles
        self._faults = faults
        self._folder = variant.server.folder / MODELS
        self._memory = variant.server.folder / MEMORY
        self._models: OrderedDict[str, _Model] = OrderedDict()
        self._processes: dict[str, set[ProcessIdentity]] = {}
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="models")

    def close(self) -> None:
        self._worker.shutdown(cancel_futures=True)

    def take(self, target: str) -> _Model:
        """Count a request that uses a model, and start loading the model if necessary."""
        with self._lock:
            model = self._models.get(target)
            if model is None:
                model = self._models[target] = _Model(self._worker.submit(self._load, target))
            self._models.move_to_end(target)
            model.users += 1
            return model

    def release(self, target: str, model: _Model) -> None:
        """Count the end of a request. Without a cache, the last request unloads the model."""
        with self._lock:
            model.users -= 1
            unused = model.users == 0 and self._models.get(target) is model
            if unused and not self._variant.plan.caches_models:
                del self._models[target]
                self._worker.submit(self._remove, target)

    def _load(self, target: str) -> None:
        try:
            self._download(target)
            with self._client() as client:
                response = self._request_load(client, target)
            if response.status_code not in {HTTPStatus.OK, HTTPStatus.CONFLICT}:
                raise NotLoaded(response.status_code, response.text)
        except (httpx.TransportError, OSError) as error:  # the server has ended
            self._forget(target)
            raise NotLoaded(0, f"The container gave no response: {error}") from error
        except BaseException:
            self._forget(target)
            raise

    def _request_load(self, client: httpx.Client, target: str) -> httpx.Response:
        """Load a model, and unload others until there is enough memory."""
        self._limit_memory()
        response = _load_request(client, target)
        while response.status_code == HTTPStatus.INSUFFICIENT_STORAGE:
            unused = self._least_recently_used()
            if unused is None:
                break
            _logger.info("%s: unloads %s for %s", self._endpoint, unused, target)
            self._unload(client, unused)
            response = _load_request(client, target)
        # One model is loaded at a time, so the new processes belong to it.
        self._processes[target] = self._variant.server.watch_stand_ins()
        return response

    def _unload(self, client: httpx.Client, target: str) -> None:
        self._variant.server.unwatch(self._processes.pop(target, set()))
        client.delete(f"/models/{_digest(target)}", headers={_TARGET_MODEL: target})

    def _forget(self, target: str) -> None:
        """Forget a model that did not load, so that the next request downloads it again."""
        shutil.rmtree(self._folder / _digest(target), ignore_errors=True)
        with self._lock:
            self._models.pop(target, None)

    def _download(self, target: str) -> None:
        """Download and unpack an archive, unless its files are still there.

        Raises:
            ApiError: the archive is missing or damaged.
            NotLoaded: the local tritonserver lacks the model's backend.
        """
        folder = self._folder / _digest(target) / "model"
        if folder.exists():
            return
        for each in (self._folder, self._memory, folder.parent, folder):
            # Without parents, so that the folder of an ended server is not created again.
            each.mkdir(exist_ok=True)
        plan = self._variant.plan
        assert plan.artifact is not None  # noqa: S101 - a multi-model container has one
        archive = plan.artifact.archive(target)
        try:
            fetch(self._roles.clients(plan.role_arn).s3, archive, folder, _LOAD_SECONDS)
        except (ArtifactError, RoleNotAssumable) as error:
            raise ApiError("ValidationError", _download_failure(archive, error)) from error
        for model in folder.iterdir():
            missing = missing_backend(folder, model.name)
            if missing is not None:
                self._variant.log.write(f"ERROR: {missing}")
                raise NotLoaded(HTTPStatus.BAD_REQUEST, missing)

    def _limit_memory(self) -> None:
        limit = self._faults.model_memory(self._endpoint)
        file = self._memory / LIMIT.name
        if limit is None:
            file.unlink(missing_ok=True)
        else:
            file.write_text(str(limit))

    def _least_recently_used(self) -> str | None:
        """Remove and return the least recently used model that no request uses."""
        with self._lock:
            for target, model in self._models.items():
                if model.users == 0 and model.loading.done():
                    del self._models[target]
                    return target
        return None

    def _remove(self, target: str) -> None:
        with self._lock:
            if target in self._models:  # another request loads the model; it finds the files
                return
        with self._client() as client:
            self._unload(client, target)
        shutil.rmtree(self._folder / _digest(target), ignore_errors=True)

    def _client(self) -> httpx.Client:
        transport = httpx.HTTPTransport(uds=self._variant.server.address, verify=WITHOUT_TLS)
        return httpx.Client(base_url=BASE_URL, transport=transport, timeout=_LOAD_SECONDS)


def _ignored(loading: asyncio.Future[None]) -> None:
    """Retrieve the exception that no request waits for; otherwise asyncio would log it."""
    if not loading.cancelled():
        loading.exception()


def _load_request(client: httpx.Client, target: str) -> httpx.Response:
    digest = _digest(target)
    body = {"model_name": digest, "url": f"{MODELS_URL}/{digest}/model"}
    return client.post("/models", json=body, headers={_TARGET_MODEL: target})


def _digest(target: str) -> str:
    """Return the opaque name of a model in the container."""
    return hashlib.sha256(target.encode()).hexdigest()


def _download_failure(archive: Artifact, error: Exception) -> str:
    if isinstance(error, ArtifactError) and not isinstance(error.__cause__, ClientError):
        return str(error)
    return (
        f"Failed to download model data(bucket: {archive.bucket}, key: {archive.key}). Please "
        "ensure that there is an object located at the URL and that the role passed to CreateModel "
        "has permissions to download the object."
    )
