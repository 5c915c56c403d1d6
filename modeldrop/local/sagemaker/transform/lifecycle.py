"""Runs each transform job in a thread, from the container's start to the job's end.

If an object fails, the job continues and ends as Failed ("a transform job continues to process
input files even if it fails to process one", developer guide, "Troubleshooting" of batch
transform). Sources of FailureReasons: for requests, aws/sagemaker-python-sdk#2439; for /ping,
aws/amazon-sagemaker-examples#852; for capacity, DIAGNijmegen/rse-grand-challenge#2631; for internal
errors, aws/amazon-sagemaker-examples#755. The ones for images and model data are assumptions.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from modeldrop.local.ministack.service_events import ServiceEvent
from modeldrop.local.sagemaker.errors import job_name_in_use, job_not_running
from modeldrop.local.sagemaker.execution_role import ExecutionRoles, RoleNotAssumable
from modeldrop.local.sagemaker.faults import ActiveFaults, wait_out
from modeldrop.local.sagemaker.hosting.fleet import RunningVariant
from modeldrop.local.sagemaker.hosting.fleet_plan import FleetPlan
from modeldrop.local.sagemaker.hosting.fleet_starter import (
    ContainerUnhealthy,
    FleetStarter,
    HostingFailed,
)
from modeldrop.local.sagemaker.hosting.payload_files import TRANSFER_ERRORS
from modeldrop.local.sagemaker.hosting.registry import Registry, now
from modeldrop.local.sagemaker.transform.data_log import DataLog, FailureKind
from modeldrop.local.sagemaker.transform.events import EventPublisher, state_change
from modeldrop.local.sagemaker.transform.inputs import (
    InputObject,
    InvalidManifest,
    input_objects,
)
from modeldrop.local.sagemaker.transform.job import (
    Status,
    TransformJob,
    container_plan,
    settings_of,
)
from modeldrop.local.sagemaker.transform.processing import ObjectTransform
from modeldrop.local.sagemaker.triton.container_log import LogShipper

_logger = logging.getLogger(__name__)

MAX_THREADS = 32
"""The maximum number of threads per job; MaxConcurrentTransforms usually sets a lower limit."""

PING_FAILURE = (
    "AlgorithmError: Model container failed to respond to ping. Please ensure /ping endpoint is "
    "implemented and responds with an HTTP 200 status code"
)
INSUFFICIENT_CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a "
    "different ML instance type."
)
INTERNAL_ERROR = "InternalServerError: We encountered an internal error. Please try again."
_POLL_SECONDS = 0.1


class _JobFailed(Exception):
    """The job is Failed. The text is its FailureReason."""


class TransformJobs:
    """All transform jobs of one account in one Region, in memory.

    Attributes:
        lock: hold it to read or change a job.
    """

    def __init__(
        self,
        registry: Registry,
        starter: FleetStarter,
        roles: ExecutionRoles,
        faults: ActiveFaults,
        shipper: LogShipper,
        publisher: EventPublisher,
        folder: Path,
    ) -> None:
        """Keep the shared parts. `folder` stores payloads; its contents are removed."""
        self._registry = registry
        self._starter = starter
        self._roles = roles
        self._faults = faults
        self._shipper = shipper
        self._publisher = publisher
        self._folder = folder
        self.lock = threading.RLock()
        self._jobs: dict[str, TransformJob] = {}
        self._threads: list[threading.Thread] = []
        self._closing = False
        shutil.rmtree(folder, ignore_errors=True)

    def create(self, request: dict[str, Any], model: dict[str, Any]) -> TransformJob:
        """Start a job.

        Args:
            request: the CreateTransformJob request, already validated.
            model: the CreateModel request.

        Raises:
            ApiError: a job with this name exists. Jobs cannot be deleted.
        """
        name = request["TransformJobName"]
        arn = self._registry.arn("transform job", name)
        job = TransformJob(name, arn, request, container_plan(request, model))
        with self.lock:
            if arn in self._jobs:
                raise job_name_in_use(arn)
            self._jobs[arn] = job
            self._registry.tag(arn, request.get("Tags", []))
            event = self._event(job)
            thread = threading.Thread(target=self._run, args=(job, event), name=f"transform-{name}")
            self._threads = [running for running in self._threads if running.is_alive()]
            self._threads.append(thread)
            thread.start()
        return job

    def find(self, name: str) -> TransformJob | None:
        """Find a job, or None."""
        with self.lock:
            return self._jobs.get(self._registry.arn("transform job", name))

    def all(self) -> list[TransformJob]:
        """List the jobs, oldest first."""
        with self.lock:
            return list(self._jobs.values())

    def containers(self) -> list[tuple[str, RunningVariant]]:
        """List the running containers, each with the name of its job."""
        with self.lock:
            return [(each.name, each.container) for each in self._jobs.values() if each.container]

    def stop(self, job: TransformJob) -> None:
        """Start stopping a job.

        Raises:
            ApiError: the job has ended or is stopping.
        """
        with self.lock:
            if job.status != "InProgress":
                raise job_not_running(job.status)
            event = self._enter(job, "Stopping")
            job.stopping.set()
        self._publish(event)

    def close(self) -> None:
        """Stop all jobs, and wait until they have ended."""
        with self.lock:
            self._closing = True
            for job in self._jobs.values():
                job.stopping.set()
        for thread in self._threads:
            thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, job: TransformJob, created: ServiceEvent) -> None:
        self._publish(created)
        reason: str | None = None
        try:
            self._transform(job)
        except _JobFailed as failure:
            reason = str(failure)
        except Exception:  # otherwise the job would stay InProgress
            _logger.exception("%s: internal error of the local SageMaker", job.name)
            reason = INTERNAL_ERROR
        self._shipper.flush()  # the log must have the reason before the failure is visible
        with self.lock:
            if job.stopping.is_set():
                event = self._enter(job, "Stopped")
            else:
                event = self._enter(job, "Failed" if reason else "Completed", reason)
        _logger.info("%s: %s %s", job.name, job.status, reason or "")
        self._publish(event)

    def _enter(
        self, job: TransformJob, status: Status, failure_reason: str | None = None
    ) -> ServiceEvent:
        """Enter a status, and return its event. Hold the lock."""
        job.set_status(status, failure_reason)
        return self._event(job)

    def _event(self, job: TransformJob) -> ServiceEvent:
        return state_change(job, self._registry.tags(job.arn))

    def _publish(self, event: ServiceEvent) -> None:
        if not self._closing:  # otherwise the whole cloud is stopping
            self._publisher.publish(event)

    def _transform(self, job: TransformJob) -> None:
        """Transform all objects of a job.

        Raises:
            _JobFailed: the job failed or was stopped.
        """
        self._provision(job)
        with self.lock:
            job.started = now()
        plan = FleetPlan(job.name, (job.plan,))
        try:
            fleet = self._starter.start(job.name, plan, job.stopping)
        except ContainerUnhealthy as failure:
            raise _JobFailed(PING_FAILURE) from failure
        except HostingFailed as failure:
            raise _JobFailed(f"ClientError: {failure}") from failure
        try:
            with self.lock:
                job.container = fleet.variants[0]
            with self._payload_folder(job) as folder:
                kind = self._transform_objects(job, fleet.variants[0], folder)
        finally:
            with self.lock:
                job.container = None
            fleet.stop(drain=False)
        if kind is not None:
            raise _JobFailed(f"{kind}: See job logs for more information")

    def _provision(self, job: TransformJob) -> None:
        """Wait for instances, which are available unless a fault is injected."""
        taken = self._faults.take_start_fault(job.name, job.plan.instance_type)
        if taken is None:
            return
        fault, cleared = taken
        wait_out(fault, cleared, job.stopping)
        defaults = {"fail": PING_FAILURE, "insufficient_capacity": INSUFFICIENT_CAPACITY}
        if fault.kind in defaults:
            raise _JobFailed(defaults[fault.kind] if fault.reason is None else fault.reason)

    @contextmanager
    def _payload_folder(self, job: TransformJob) -> Iterator[Path]:
        folder = self._folder / job.name
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _transform_objects(
        self, job: TransformJob, variant: RunningVariant, folder: Path
    ) -> FailureKind | None:
        """Transform all objects.

        Returns:
            The kind of the first failure, or None.
        """
        settings, source = settings_of(job.request), job.request["TransformInput"]["DataSource"]
        log = DataLog(variant.log.data_log(), settings)
        transform = ObjectTransform(
            settings,
            s3=lambda: self._roles.clients(job.plan.role_arn).s3,
            output_path=job.request["TransformOutput"]["S3OutputPath"],
            address=variant.server.address,
            folder=folder,
            faults=lambda key: self._faults.take_record_faults(job.name, key),
            log=log,
            stopping=job.stopping,
        )
        try:
            objects = input_objects(transform.s3(), source["S3DataSource"])
            workers = _Workers(objects, transform, variant)
            return workers.run(min(settings.concurrency, MAX_THREADS), job.stopping)
        except (*TRANSFER_ERRORS, RoleNotAssumable, InvalidManifest) as error:
            raise _JobFailed(f"ClientError: Failed to read the input: {error}") from error
        finally:
            log.close()


class _Workers:
    """Threads that transform the objects of one job, each one once."""

    def __init__(
        self, objects: Iterator[InputObject], transform: ObjectTransform, variant: RunningVariant
    ) -> None:
        self._objects = objects
        self._transform = transform
        self._variant = variant
        self._lock = threading.Lock()
        self._failure: FailureKind | None = None
        self._ended = threading.Event()

    def run(self, concurrency: int, stopping: threading.Event) -> FailureKind | None:
        """Transform all objects; if the job stops, end its container and with it the requests.

        Returns:
            The kind of the first failure, or None.
        """
        with ThreadPoolExecutor(concurrency, thread_name_prefix="transform") as pool:
            running: set[Future[None]] = {pool.submit(self._work) for _ in range(concurrency)}
            while running:
                done, running = wait(running, timeout=_POLL_SECONDS)
                if stopping.is_set() and not self._ended.is_set():
                    self._ended.set()
                    self._variant.server.kill()
                for each in done:
                    each.result()
        return self._failure

    def _work(self) -> None:
        while (each := self._next()) is not None:
            failure = self._transform.transform(each)
            if failure is None:
                continue
            with self._lock:
                self._failure = self._failure or failure
            # AWS does not document what a job does if its container ends. Here it fails.
            if self._variant.server.end() is not None:
                self._ended.set()

    def _next(self) -> InputObject | None:
        with self._lock:
            return None if self._ended.is_set() else next(self._objects, None)
