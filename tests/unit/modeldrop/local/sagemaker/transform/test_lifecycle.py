"""Transform jobs without containers: a fault keeps them waiting for instances."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import pytest

from modeldrop.local.ministack.service_events import ServiceEvent
from modeldrop.local.sagemaker.api.transform_operations import (
    describe_transform_job,
    list_transform_jobs,
)
from modeldrop.local.sagemaker.faults import ActiveFaults, TransformFault
from modeldrop.local.sagemaker.hosting.registry import Registry
from modeldrop.local.sagemaker.transform.lifecycle import TransformJobs
from modeldrop.local.sagemaker.triton.container_log import LogShipper

MODEL = {"PrimaryContainer": {"Image": "image"}, "ExecutionRoleArn": "role"}
REQUEST = {
    "TransformJobName": "job",
    "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
}


class Events:
    """Stores the published events."""

    def __init__(self) -> None:
        self.published: queue.Queue[ServiceEvent] = queue.Queue()

    def publish(self, event: ServiceEvent) -> None:
        self.published.put(event)


class Account:
    """Transform jobs that wait for instances until they are stopped."""

    def __init__(self, folder: Path) -> None:
        self.registry, self.events = Registry("000000000000", "us-east-1"), Events()
        faults = ActiveFaults()
        faults.add([TransformFault(kind="hang")])
        nothing = cast(Any, None)
        shipper = LogShipper(nothing)
        shipper.close()
        self.transform_jobs = TransformJobs(
            self.registry, nothing, nothing, faults, shipper, cast(Any, self.events), folder
        )

    def statuses(self, count: int) -> list[str]:
        events = [self.events.published.get(timeout=30) for _ in range(count)]
        return [each.detail["TransformJobStatus"] for each in events]


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    made = Account(tmp_path)
    yield made
    made.transform_jobs.close()


class SlowLock:
    """A lock. When the main thread has released it, it waits until another thread has ended."""

    def __init__(self, thread: str) -> None:
        self._lock = threading.RLock()
        self._thread = thread

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()
        if threading.current_thread() is threading.main_thread():
            for each in threading.enumerate():
                if each.name == self._thread:
                    each.join(30)


def test_each_status_has_one_event_even_if_the_job_ends_at_once(account: Account) -> None:
    job = account.transform_jobs.create(REQUEST, MODEL)
    assert account.statuses(1) == ["InProgress"]
    account.transform_jobs.lock = cast(Any, SlowLock("transform-job"))
    account.transform_jobs.stop(job)
    assert sorted(account.statuses(2)) == ["Stopped", "Stopping"]


class Watched(dict[str, Any]):
    """A request that notes for each reading whether another thread could take the lock."""

    def __init__(self, lock: Any, content: dict[str, Any]) -> None:
        super().__init__(content)
        self._lock = lock
        self.free: list[bool] = []

    def items(self) -> Any:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(self._try).result(30)
        return super().items()

    def _try(self) -> None:
        self.free.append(self._lock.acquire(blocking=False))
        if self.free[-1]:
            self._lock.release()


@pytest.mark.parametrize("operation", [describe_transform_job, list_transform_jobs])
def test_the_status_does_not_change_while_a_job_is_described(
    account: Account, operation: Any
) -> None:
    job = account.transform_jobs.create(REQUEST, MODEL)
    job.request = Watched(account.transform_jobs.lock, REQUEST)
    operation(account, {"TransformJobName": job.name})
    assert job.request.free == [False]
