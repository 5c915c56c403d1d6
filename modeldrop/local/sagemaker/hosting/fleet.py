"""The fleet of an endpoint config: plans, starts, uses and stops its servers."""

from __future__ import annotations

import logging
import random
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from model_packager.aws_limits import (
    ASYNC_INVOCATION_SECONDS,
    MODEL_DOWNLOAD_SECONDS,
    SERVERLESS_STARTUP_SECONDS,
)
from model_packager.sagemaker.cloudwatch import TRANSFORM_LOG_GROUP, log_group
from modeldrop.local.sagemaker.execution_role import ExecutionRoles, RoleClients, RoleNotAssumable
from modeldrop.local.sagemaker.hosting.artifact import (
    Artifact,
    ArtifactError,
    artifact_of,
    fetch,
    is_multi_model,
)
from modeldrop.local.sagemaker.hosting.container_request import TIMEOUT_SECONDS
from modeldrop.local.sagemaker.hosting.image_access import ImageAccess, image_failure
from modeldrop.local.sagemaker.triton import serve_rules
from modeldrop.local.sagemaker.triton.container_log import ContainerLog, LogShipper, LogStream
from modeldrop.local.sagemaker.triton.missing_backends import missing_backend
from modeldrop.local.sagemaker.triton.server import NotHealthy, TritonHost, TritonServer

_logger = logging.getLogger(__name__)

# SageMaker's developer guide: a container is unhealthy if /ping does not return 200 "within 4
# minutes"; ContainerStartupHealthCheckTimeoutInSeconds changes the limit.
_STARTUP_SECONDS = 240
_ASYNC_SECONDS = float(ASYNC_INVOCATION_SECONDS.value)
# Not documented; this is the maximum of ModelDataDownloadTimeoutInSeconds.
_DOWNLOAD_SECONDS = MODEL_DOWNLOAD_SECONDS.value

_CLOSED = "http://127.0.0.1:9"
_NO_NETWORK = {
    "http_proxy": _CLOSED,
    "https_proxy": _CLOSED,
    "HTTP_PROXY": _CLOSED,
    "HTTPS_PROXY": _CLOSED,
    "no_proxy": "localhost,127.0.0.1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""The environment of an isolated container. Its HTTP clients fail; other connections succeed
locally."""


class HostingFailed(Exception):
    """The servers cannot start. The text is the endpoint's FailureReason."""


class ContainerUnhealthy(HostingFailed):
    """The container ended, or did not become healthy in time."""


class ImageUnavailable(HostingFailed):
    """The execution role cannot be assumed, or may not pull the image."""


def ping_failure(variant: str) -> str:
    """Return the FailureReason of a container that did not become healthy.

    Source: aws/amazon-sagemaker-examples#379 and many others.
    """
    return (
        f"The primary container for production variant {variant} did not pass the ping health "
        "check. Please check CloudWatch logs for this endpoint."
    )


@dataclass(frozen=True)
class VariantPlan:
    """A production variant, with the data that its server needs.

    Attributes:
        name: the VariantName.
        weight: the InitialVariantWeight, which determines the share of the traffic.
        instance_type: the requested instance type; the server runs on this computer.
        instance_count: the requested instance count; locally there is one server.
        image: the requested image, which is not pulled.
        environment: the environment variables of the container. No container has AWS credentials.
        artifact: the location of the model's files.
        role_arn: the model's execution role.
        download_seconds: the time limit of the download.
        startup_seconds: the time limit until the server is healthy.
        serverless: the ServerlessConfig; None for instances.
        caches_models: whether a multi-model endpoint keeps models loaded after their requests.
        is_shadow: whether this is a shadow variant, whose responses no client gets.
        is_transform: whether it runs for a transform job instead of an endpoint.
    """

    name: str
    weight: float
    instance_type: str
    instance_count: int
    image: str
    environment: dict[str, str]
    artifact: Artifact | None
    role_arn: str
    download_seconds: float
    startup_seconds: float
    serverless: dict[str, Any] | None = None
    caches_models: bool = True
    is_shadow: bool = False
    is_transform: bool = False

    @property
    def is_multi_model(self) -> bool:
        """Whether the variant loads a model when a client calls it."""
        return self.artifact is not None and self.artifact.layout == "archives"


def plan_variant(
    variant: dict[str, Any], model: dict[str, Any], *, is_shadow: bool = False
) -> VariantPlan:
    """Combine a ProductionVariant with the CreateModel request of its model."""
    container = model.get("PrimaryContainer") or model["Containers"][0]
    isolation = _NO_NETWORK if model.get("EnableNetworkIsolation") else {}
    mode = {serve_rules.MULTI_MODEL: "true"} if is_multi_model(container) else {}
    return VariantPlan(
        name=variant["VariantName"],
        weight=variant.get("InitialVariantWeight", 1.0),
        instance_type=variant.get("InstanceType", ""),
        instance_count=variant.get("InitialInstanceCount", 1),
        image=container["Image"],
        environment={**container.get("Environment", {}), **isolation, **mode},
        artifact=artifact_of(container),
        role_arn=model.get("ExecutionRoleArn", ""),
        download_seconds=variant.get("ModelDataDownloadTimeoutInSeconds", _DOWNLOAD_SECONDS),
        startup_seconds=(
            SERVERLESS_STARTUP_SECONDS.value
            if "ServerlessConfig" in variant
            else variant.get("ContainerStartupHealthCheckTimeoutInSeconds", _STARTUP_SECONDS)
        ),
        serverless=variant.get("ServerlessConfig"),
        caches_models=(
            container.get("MultiModelConfig", {}).get("ModelCacheSetting") != "Disabled"
        ),
        is_shadow=is_shadow,
    )


@dataclass(frozen=True)
class FleetPlan:
    """An endpoint config with its models, as of the start of the deployment.

    Attributes:
        config_name: the EndpointConfigName.
        variants: the production variants.
        data_capture: the DataCaptureConfig; None without data capture.
        async_inference: the AsyncInferenceConfig; None for a real-time endpoint.
        shadows: the shadow variants, at most one.
    """

    config_name: str
    variants: tuple[VariantPlan, ...]
    data_capture: dict[str, Any] | None = None
    async_inference: dict[str, Any] | None = None
    shadows: tuple[VariantPlan, ...] = ()

    @property
    def is_serverless(self) -> bool:
        """Whether containers run only while there are requests."""
        return self.variants[0].serverless is not None

    @property
    def longest_request_seconds(self) -> float:
        """How long the last requests may run on a server that gets no more requests."""
        return TIMEOUT_SECONDS if self.async_inference is None else _ASYNC_SECONDS


@dataclass(frozen=True)
class RunningVariant:
    """A variant with its running server."""

    plan: VariantPlan
    server: TritonServer
    folder: Path
    log: ContainerLog


class Fleet:
    """The running variants of an endpoint config, and their requests in flight.

    A fleet that is scaled to zero has a plan, but no variants.

    Attributes:
        plan: the endpoint config.
        variants: the variants, including shadow variants, each with its current server.
        stopping: is set as soon as the fleet starts to stop.
    """

    def __init__(self, plan: FleetPlan, variants: Sequence[RunningVariant]) -> None:
        self.plan = plan
        self.variants = tuple(variants)
        self.stopping = threading.Event()
        self._replaced: list[TritonServer] = []
        self._in_flight = 0
        self._idle = threading.Condition()

    def choose(self, name: str | None) -> RunningVariant | None:
        """Choose a production variant by name, or at random by weight.

        Returns:
            The variant; None for an unknown name.
        """
        production = [each for each in self.variants if not each.plan.is_shadow]
        if name is not None:
            return next((v for v in production if v.plan.name == name), None)
        weights = [variant.plan.weight for variant in production]
        if not any(weights):
            return production[0]
        return random.choices(production, weights)[0]  # noqa: S311 - traffic, not secrets

    @property
    def shadow(self) -> RunningVariant | None:
        """The shadow variant, if there is one."""
        return next((each for each in self.variants if each.plan.is_shadow), None)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep the servers running during a request.

        Hold the registry's lock when you enter this.
        """
        with self._idle:
            self._in_flight += 1
        try:
            yield
        finally:
            with self._idle:
                self._in_flight -= 1
                self._release()
                self._idle.notify_all()

    def replace(self, old: RunningVariant, new: RunningVariant) -> bool:
        """Use another server for a variant. Return False if the fleet is stopping."""
        with self._idle:
            if self.stopping.is_set():
                return False
            self.variants = tuple(new if each is old else each for each in self.variants)
            self._replaced.append(old.server)
            self._release()
            return True

    def _release(self) -> None:
        """Release the addresses of replaced servers once no request uses them."""
        if self._in_flight == 0:
            for server in self._replaced:
                server.stop()
            self._replaced.clear()

    def stop(self, *, drain: bool) -> None:
        """Stop the servers, with `drain` after the last request, and remove their files."""
        if drain:
            with self._idle:
                longest = self.plan.longest_request_seconds
                self._idle.wait_for(lambda: self._in_flight == 0, timeout=longest)
        with self._idle:
            self.stopping.set()
            replaced, self._replaced = self._replaced, []
        for server in (*replaced, *(variant.server for variant in self.variants)):
            server.stop()
        for variant in self.variants:
            shutil.rmtree(variant.folder, ignore_errors=True)


class FleetStarter:
    """Starts fleets: downloads the files, applies the rules of `serve`, and runs tritonserver."""

    def __init__(
        self,
        roles: ExecutionRoles,
        images: ImageAccess,
        host: TritonHost,
        shipper: LogShipper,
        home: Path,
    ) -> None:
        """Keep the shared parts of all fleets; `home` stores models and logs."""
        self._roles = roles
        self._images = images
        self._host = host
        self._shipper = shipper
        self._models = home / "models"
        self._logs = home / "logs"

    def remove_leftovers(self) -> None:
        """Remove the files that a killed process left, except the logs."""
        shutil.rmtree(self._models, ignore_errors=True)
        self._host.remove_leftovers()

    def start(self, endpoint: str, plan: FleetPlan, cancelled: threading.Event) -> Fleet:
        """Start all variants and wait until they are healthy.

        Raises:
            HostingFailed: a variant cannot start; all variants are stopped.
        """
        running: list[RunningVariant] = []
        try:
            for each in (*plan.variants, *plan.shadows):
                running.append(self._start_variant(endpoint, each))
            for variant in running:
                self._wait_until_healthy(endpoint, variant, cancelled)
        except BaseException:
            Fleet(plan, running).stop(drain=False)
            self._shipper.flush()  # the log must have the reason before the failure is visible
            raise
        return Fleet(plan, running)

    def restart(self, endpoint: str, fleet: Fleet, ended: RunningVariant, reason: str) -> None:
        """Start a new server for a variant whose server has ended, and wait until it is healthy.

        It serves the files that the first start downloaded, and continues the same log.

        Args:
            endpoint: the name of the endpoint.
            fleet: the fleet of the variant.
            ended: the variant whose server has ended.
            reason: how the server ended, for the log.
        """
        ended.server.kill()
        log = ended.log.reopened()
        log.write(f"ERROR: {reason} The local SageMaker restarts the container.")
        serving = serve_rules.decide(ended.folder, ended.plan.environment)
        server = self._host.start(serving, ended.plan.environment, log)
        _logger.info("%s: starting tritonserver again (pid %d)", endpoint, server.pid)
        if not fleet.replace(ended, replace(ended, server=server, log=log)):
            server.stop()
            return
        try:
            server.wait_until_healthy(ended.plan.startup_seconds, fleet.stopping)
        except NotHealthy as error:
            _logger.warning("%s: variant %s: %s", endpoint, ended.plan.name, error)
            server.kill()

    def _start_variant(self, endpoint: str, plan: VariantPlan) -> RunningVariant:
        if not self._images.may_pull(self._clients(plan).access_key, plan.image):
            raise ImageUnavailable(image_failure(plan.name))
        instance = f"i-{secrets.token_hex(8)}{secrets.token_hex(1)[:1]}"
        folder = self._models / f"{endpoint}-{plan.name}-{instance}"
        folder.mkdir(parents=True)
        log = ContainerLog(
            self._logs / endpoint / f"{plan.name}-{instance}.log",
            self._shipper,
            _log_stream(endpoint, plan, instance),
        )
        try:
            if plan.artifact is not None and not plan.is_multi_model:
                s3 = self._clients(plan).s3
                fetch(s3, plan.artifact, folder, plan.download_seconds)
        except ArtifactError as error:
            log.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise HostingFailed(str(error)) from error
        serving = serve_rules.decide(folder, plan.environment)
        for line in serving.log:
            log.write(line)
        if not serving.starts:
            log.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise ContainerUnhealthy(ping_failure(plan.name))
        default = serving.default_model
        missing = missing_backend(folder, default) if default is not None else None
        if missing is not None:
            log.write(f"ERROR: {missing}")
            log.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise ContainerUnhealthy(ping_failure(plan.name))
        server = self._host.start(serving, plan.environment, log)
        _logger.info(
            "%s: starting tritonserver (pid %d), log in %s", endpoint, server.pid, log.path
        )
        return RunningVariant(plan, server, folder, log)

    def _clients(self, plan: VariantPlan) -> RoleClients:
        try:
            return self._roles.clients(plan.role_arn)
        except RoleNotAssumable as error:
            raise ImageUnavailable(image_failure(plan.name)) from error

    def _wait_until_healthy(
        self, endpoint: str, variant: RunningVariant, cancelled: threading.Event
    ) -> None:
        try:
            variant.server.wait_until_healthy(variant.plan.startup_seconds, cancelled)
        except NotHealthy as error:
            _logger.warning("%s: variant %s: %s", endpoint, variant.plan.name, error)
            raise ContainerUnhealthy(ping_failure(variant.plan.name)) from error


def _log_stream(owner: str, plan: VariantPlan, instance: str) -> LogStream:
    """Return the log stream of a container; `owner` is the name of the endpoint or transform job.

    Source: SageMaker's developer guide, "CloudWatch Logs for Amazon SageMaker AI".
    """
    if plan.is_transform:
        stream = f"{owner}/{instance}-{time.time_ns() // 1_000_000}"
        return LogStream(plan.role_arn, TRANSFORM_LOG_GROUP, stream)
    return LogStream(plan.role_arn, log_group(owner), f"{plan.name}/{instance}")
