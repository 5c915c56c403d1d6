"""Writes a container's log to a file, and to CloudWatch Logs with SageMaker's names.

An endpoint has the group `/aws/sagemaker/Endpoints/<endpoint>` and the stream `<variant>/<instance
id>`; a transform job has others. One thread sends the lines in batches and never blocks a server.
If CloudWatch rejects lines, they are only in the file, and a warning is logged.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from modeldrop.local.sagemaker.execution_role import ExecutionRoles, RoleNotAssumable

_logger = logging.getLogger(__name__)

_FLUSH_SECONDS = 0.3
_BATCH_EVENTS = 1000  # PutLogEvents accepts 10,000 events and 1 MiB; a Triton line has ~200 bytes
_MAX_EVENT_CHARACTERS = 10_000
_MAX_WAITING = 100_000


class LogStream(NamedTuple):
    """A log stream, and the execution role that writes it."""

    role_arn: str
    group: str
    name: str


class LogShipper:
    """Sends the lines of all containers to CloudWatch Logs."""

    def __init__(self, roles: ExecutionRoles) -> None:
        """Start the sending thread."""
        self._roles = roles
        self._waiting: queue.Queue[tuple[LogStream, int, str] | threading.Event] = queue.Queue(
            _MAX_WAITING
        )
        self._streams: set[LogStream] = set()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-shipper", daemon=True)
        self._thread.start()

    def ship(self, stream: LogStream, line: str) -> None:
        """Queue a line, or drop it if the queue is full."""
        event = (stream, time.time_ns() // 1_000_000, line[:_MAX_EVENT_CHARACTERS] or " ")
        with suppress(queue.Full):
            self._waiting.put_nowait(event)

    def flush(self) -> None:
        """Wait until all queued lines are sent, but at most five seconds."""
        sent = threading.Event()
        with suppress(queue.Full):
            self._waiting.put_nowait(sent)
            sent.wait(timeout=5)

    def close(self) -> None:
        """Send the queued lines within five seconds, and stop."""
        self._closing.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not (self._closing.is_set() and self._waiting.empty()):
            batch: dict[LogStream, list[Any]] = defaultdict(list)
            flushed: threading.Event | None = None
            flush_at = time.monotonic() + _FLUSH_SECONDS
            for _ in range(_BATCH_EVENTS):
                left = 0.0 if self._closing.is_set() else max(0.0, flush_at - time.monotonic())
                try:
                    waiting = self._waiting.get(timeout=left or 0.001)
                except queue.Empty:
                    break
                if isinstance(waiting, threading.Event):
                    flushed = waiting
                    break
                stream, timestamp, line = waiting
                batch[stream].append({"timestamp": timestamp, "message": line})
            for stream, events in batch.items():
                self._send(stream, events)
            if flushed is not None:
                flushed.set()

    def _send(self, stream: LogStream, events: list[Any]) -> None:
        role_arn, group, name = stream
        try:
            client = self._roles.clients(role_arn).logs
            if stream not in self._streams:
                with suppress(client.exceptions.ResourceAlreadyExistsException):
                    client.create_log_group(logGroupName=group)
                with suppress(client.exceptions.ResourceAlreadyExistsException):
                    client.create_log_stream(logGroupName=group, logStreamName=name)
                # SageMaker calls this, too, so the execution role needs the permission
                # (service_calls).
                client.describe_log_streams(logGroupName=group, logStreamNamePrefix=name)
                self._streams.add(stream)
            client.put_log_events(logGroupName=group, logStreamName=name, logEvents=events)
        except (BotoCoreError, ClientError, RoleNotAssumable) as error:
            _logger.warning("cannot send %d log lines of %s: %s", len(events), group, error)


class ContainerLog:
    """A container's log: a file, and the stream in CloudWatch Logs that gets the same lines."""

    def __init__(
        self,
        path: Path,
        shipper: LogShipper | None = None,
        stream: LogStream | None = None,
    ) -> None:
        """Open the file. Without a shipper, lines go only to the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._shipper = shipper
        self._stream = stream
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def write(self, line: str) -> None:
        """Log one line."""
        self._file.write(f"{line}\n")
        if self._shipper is not None and self._stream is not None:
            self._shipper.ship(self._stream, line)

    def follow(self, output: IO[bytes]) -> threading.Thread:
        """Start a thread that logs the output of a process until the output is closed."""

        def pump() -> None:
            with output:
                for line in output:
                    self.write(line.decode("utf-8", "replace").rstrip("\n"))
            self._file.close()

        thread = threading.Thread(target=pump, name=f"log-{self.path.name}", daemon=True)
        thread.start()
        return thread

    def reopened(self) -> ContainerLog:
        """Return a log that appends to this one, for another process of the container."""
        return ContainerLog(self.path, self._shipper, self._stream)

    def data_log(self) -> ContainerLog:
        """Return the data log of a transform job."""
        stream = self._stream
        if stream is not None:
            stream = stream._replace(name=f"{stream.name}/data-log")
        return ContainerLog(self.path.with_suffix(".data.log"), self._shipper, stream)

    def close(self) -> None:
        """Close the file. Do not call this while a thread follows an output."""
        self._file.close()
