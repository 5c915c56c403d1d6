"""Finds the executions that drops start, even among many concurrent drops."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Collection, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from tests.waiting import until

if TYPE_CHECKING:
    from modeldrop.executions.published import Published
    from tests.topic_queue import TopicQueue
    from tests.workflow.drops import Cloud

T = TypeVar("T")

FIRST_DEPLOYMENT = (
    "Inspect Model",
    "Package Model",
    "Create Model",
    "Create Endpoint Config",
    "Create Endpoint",
    "Check Endpoint",
    "Smoke Test",
    "Record Deployment",
    "Scale Endpoint",
    "Remove Old Versions",
    "Write Report",
    "Publish Result",
)
"""The Task states of a first version, and of a version in a pool, in order."""

POLL_SECONDS = 0.2
LIMIT_SECONDS = 400
"""The time limit of each wait. It only ends hangs, because a busy computer may take minutes instead
of seconds."""


def until_in_workflow(condition: Callable[[], T | None], problem: str) -> T:
    """Poll AWS until the condition returns a true value, and return the value."""
    return until(condition, LIMIT_SECONDS, pause_seconds=POLL_SECONDS, problem=problem)


@dataclass
class RunningExecutions:
    """The running executions of all state machines. Thread-safe; waiting threads share requests."""

    stepfunctions: Any
    _listed: dict[str, tuple[float, Set[str]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def include(self, arn: str) -> bool:
        """Return whether an execution was among the running ones in the last list."""
        machine = arn.replace(":execution:", ":stateMachine:").rpartition(":")[0]
        with self._lock:
            listed_at, running = self._listed.get(machine, (0.0, frozenset()))
            if time.monotonic() - listed_at > POLL_SECONDS:
                pages = self.stepfunctions.get_paginator("list_executions").paginate(
                    stateMachineArn=machine, statusFilter="RUNNING"
                )
                running = {each["executionArn"] for page in pages for each in page["executions"]}
                self._listed[machine] = (time.monotonic(), running)
            return arn in running


@dataclass
class Executions:
    """The executions of one state machine. Thread-safe; it reads each execution's event once."""

    stepfunctions: Any
    machine: str
    running: RunningExecutions
    _of_drop: dict[tuple[str, str], str] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, key: str, etag: str) -> str:
        """Wait for the execution that the latest drop with this key and ETag started."""

        def started() -> str | None:
            with self._lock:
                self._poll()
                return self._of_drop.pop((key, etag), None)

        return until_in_workflow(started, f"no execution has started for {key}")

    def ended(self, arn: str) -> dict[str, Any]:
        """Wait until an execution ends, and describe it."""

        def ended() -> dict[str, Any] | None:
            if self.running.include(arn):
                return None
            found: dict[str, Any] = self.stepfunctions.describe_execution(executionArn=arn)
            return None if found["status"] == "RUNNING" else found

        return until_in_workflow(ended, f"{arn} is still running")

    def entered(self, arn: str, states: Set[str]) -> bool:
        """Wait until an execution enters one of the states. Return False if it ends before that."""

        def outcome() -> str:
            was_running = self.is_running(arn)
            if not states.isdisjoint(self._entered(arn)):
                return "entered"
            return "" if was_running else "ended"

        return until_in_workflow(outcome, f"{arn} has not entered {sorted(states)}") == "entered"

    def is_running(self, arn: str) -> bool:
        """Return whether an execution is still running."""
        status: str = self.stepfunctions.describe_execution(executionArn=arn)["status"]
        return status == "RUNNING"

    def _entered(self, arn: str) -> Iterator[str]:
        pages = self.stepfunctions.get_paginator("get_execution_history")
        for page in pages.paginate(executionArn=arn):
            for event in page["events"]:
                if "stateEnteredEventDetails" in event:
                    yield event["stateEnteredEventDetails"]["name"]

    def start(self, event: dict[str, Any], name: str) -> str:
        """Start an execution directly, and return its ARN."""
        started = self.stepfunctions.start_execution(
            stateMachineArn=self.machine, input=json.dumps(event), name=name
        )
        arn: str = started["executionArn"]
        return arn

    def event(self, arn: str) -> dict[str, Any]:
        """Return the input of an execution."""
        found = self.stepfunctions.describe_execution(executionArn=arn)
        event: dict[str, Any] = json.loads(found["input"])
        return event

    def _poll(self) -> None:
        listed = self.stepfunctions.list_executions(stateMachineArn=self.machine, maxResults=100)
        for arn in (each["executionArn"] for each in listed["executions"]):
            if arn not in self._seen:
                self._seen.add(arn)
                dropped = self.event(arn)["detail"]["object"]
                self._of_drop[dropped["key"], dropped["etag"]] = arn


@dataclass
class Notifications:
    """The notifications about one model."""

    queue: TopicQueue
    _by_execution: dict[str, list[Published]] = field(default_factory=dict)

    def of(self, arn: str, seconds: float = 60) -> list[Published]:
        """Wait for the first notification of an execution, and return its notifications."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and arn not in self._by_execution:
            self._receive(1)
        self._receive(0)
        return self._by_execution.get(arn, [])

    def of_others(self, arns: Collection[str]) -> set[str]:
        """Return the other executions that published a notification."""
        return set(self._by_execution) - set(arns)

    def _receive(self, seconds: int) -> None:
        for published in self.queue.notifications(seconds):
            self._by_execution.setdefault(published.content["execution_arn"], []).append(published)


@contextmanager
def notifications(cloud: Cloud, model: str) -> Iterator[Notifications]:
    """Collect the notifications about one model during a `with` block."""
    with cloud.subscribe("ResultTopicArn", model=[model]) as queue:
        yield Notifications(queue)
