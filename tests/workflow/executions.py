"""Finding out which executions drops have started, with many drops under way at once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modeldrop.executions.published import Published
    from tests.topic_queue import TopicQueue
    from tests.workflow.drops import Cloud

LOOK_SECONDS = 0.2
LIMIT_SECONDS = 240


@dataclass
class Executions:
    """The executions of one state machine. Each is asked for its event once, by whatever thread."""

    stepfunctions: Any
    machine: str
    _of_drop: dict[tuple[str, str], str] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, key: str, etag: str) -> str:
        """Wait for the execution that the latest drop of a key with this content started."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < deadline:
            with self._lock:
                self._look()
                if (key, etag) in self._of_drop:
                    return self._of_drop.pop((key, etag))
            time.sleep(LOOK_SECONDS)
        raise AssertionError(f"no execution has started for {key}")

    def ended(self, arn: str) -> dict[str, Any]:
        """Wait for the end of an execution, and describe it."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < deadline:
            found: dict[str, Any] = self.stepfunctions.describe_execution(executionArn=arn)
            if found["status"] != "RUNNING":
                return found
            time.sleep(LOOK_SECONDS)
        raise AssertionError(f"{arn} is still running")

    def is_running(self, arn: str) -> bool:
        """Tell whether an execution has not ended."""
        status: str = self.stepfunctions.describe_execution(executionArn=arn)["status"]
        return status == "RUNNING"

    def start(self, event: dict[str, Any], name: str) -> str:
        """Start one by hand."""
        started = self.stepfunctions.start_execution(
            stateMachineArn=self.machine, input=json.dumps(event), name=name
        )
        arn: str = started["executionArn"]
        return arn

    def event(self, arn: str) -> dict[str, Any]:
        """What an execution was started with."""
        found = self.stepfunctions.describe_execution(executionArn=arn)
        event: dict[str, Any] = json.loads(found["input"])
        return event

    def _look(self) -> None:
        listed = self.stepfunctions.list_executions(stateMachineArn=self.machine, maxResults=100)
        for arn in (each["executionArn"] for each in listed["executions"]):
            if arn not in self._seen:
                self._seen.add(arn)
                dropped = self.event(arn)["detail"]["object"]
                self._of_drop[dropped["key"], dropped["etag"]] = arn


@dataclass
class Notifications:
    """All notifications of one model that have come."""

    queue: TopicQueue
    _by_execution: dict[str, list[Published]] = field(default_factory=dict)

    def of(self, arn: str, seconds: float = 15) -> list[Published]:
        """Those of an execution; waits for the first one."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and arn not in self._by_execution:
            self._receive(1)
        self._receive(0)
        return self._by_execution.get(arn, [])

    def of_others(self, arns: Collection[str]) -> set[str]:
        """Name the executions beside these that have told anything."""
        return set(self._by_execution) - set(arns)

    def _receive(self, seconds: int) -> None:
        for published in self.queue.notifications(seconds):
            self._by_execution.setdefault(published.content["execution_arn"], []).append(published)


@contextmanager
def notifications(cloud: Cloud, model: str) -> Iterator[Notifications]:
    """Gather the notifications of one model, as long as the block runs."""
    with cloud.hear("ResultTopicArn", model=[model]) as queue:
        yield Notifications(queue)
