"""Starts the servers of an endpoint config, and restarts those that ended."""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

from model_packager.sagemaker.cloudwatch import TRANSFORM_LOG_GROUP, log_group
from modeldrop.local.sagemaker.execution_role import ExecutionRoles, RoleClients, RoleNotAssumable
from modeldrop.local.sagemaker.hosting.artifact import (
    ArtifactError,
    fetch,
)
from modeldrop.local.sagemaker.hosting.fleet import Fleet, RunningVariant
from modeldrop.local.sagemaker.hosting.fleet_plan import FleetPlan, VariantPlan
from modeldrop.local.sagemaker.hosting.image_access import ImageAccess, image_failure
from modeldrop.local.sagemaker.triton import serve_rules
from modeldrop.local.sagemaker.triton.container_log import ContainerLog, LogShipper, LogStream
from modeldrop.local.sagemaker.triton.missing_backends import missing_backend
from modeldrop.local.sagemaker.triton.server import NotHealthy, TritonHost

_logger = logging.getLogger(__name__)


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
            self._download(plan, folder)
            serving = _decide(plan, folder, log)
            server = self._host.start(serving, plan.environment, log)
        except BaseException:
            log.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        _logger.info(
            "%s: starting tritonserver (pid %d), log in %s", endpoint, server.pid, log.path
        )
        return RunningVariant(plan, server, folder, log)

    def _download(self, plan: VariantPlan, folder: Path) -> None:
        if plan.artifact is None or plan.is_multi_model:
            return
        try:
            fetch(self._clients(plan).s3, plan.artifact, folder, plan.download_seconds)
        except ArtifactError as error:
            raise HostingFailed(str(error)) from error

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


def _decide(plan: VariantPlan, folder: Path, log: ContainerLog) -> serve_rules.Serving:
    """Apply the rules of `serve`, and write its log; raises ContainerUnhealthy if it exits."""
    serving = serve_rules.decide(folder, plan.environment)
    for line in serving.log:
        log.write(line)
    if not serving.starts:
        raise ContainerUnhealthy(ping_failure(plan.name))
    default = serving.default_model
    missing = missing_backend(folder, default) if default is not None else None
    if missing is not None:
        log.write(f"ERROR: {missing}")
        raise ContainerUnhealthy(ping_failure(plan.name))
    return serving


def _log_stream(owner: str, plan: VariantPlan, instance: str) -> LogStream:
    """Return the log stream of a container; `owner` is the name of the endpoint or transform job.

    Source: SageMaker's developer guide, "CloudWatch Logs for Amazon SageMaker AI".
    """
    if plan.is_transform:
        stream = f"{owner}/{instance}-{time.time_ns() // 1_000_000}"
        return LogStream(plan.role_arn, TRANSFORM_LOG_GROUP, stream)
    return LogStream(plan.role_arn, log_group(owner), f"{plan.name}/{instance}")
