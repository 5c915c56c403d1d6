"""Reads lines of a CloudWatch log group, once or continuously."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef

_CHATTER = re.compile(
    r'^I\d{4} \S+ \d+ (?!(server|tritonserver|model_lifecycle)\.cc:|sagemaker_server\.cc:\d+\] "St)'
)
"""Triton's information lines, except those about the server and the loading of models. A verbose
log has about ten for each request (seen with tritonserver 2.51)."""

POLL_SECONDS = 2.0
LATE = timedelta(seconds=30)
"""Each poll reads this far back, because CloudWatch may ingest lines out of order."""


@dataclass(frozen=True)
class LogLine:
    """A log line. `stream` identifies the instance or the function's environment."""

    at: datetime
    text: str
    stream: str = ""


@dataclass(frozen=True)
class LogGroup:
    """A log group, which may not exist yet.

    Attributes:
        term: a text that the lines must contain; empty for all lines.
    """

    client: CloudWatchLogsClient
    name: str
    term: str = ""

    def lines(self, since: datetime) -> list[LogLine]:
        """Return the lines in chronological order."""
        return [_line(each) for each in self._events(since)]

    def exists(self) -> bool:
        """Return whether the log group exists."""
        groups = self.client.describe_log_groups(logGroupNamePrefix=self.name)["logGroups"]
        return any(each["logGroupName"] == self.name for each in groups)

    def follow(self, since: datetime, poll_seconds: float = POLL_SECONDS) -> Iterator[LogLine]:
        """Yield lines continuously, without end."""
        seen: set[tuple[Any, ...]] = set()
        while True:
            fresh = {_identity(each): each for each in self._events(since)}
            for identity, event in fresh.items():
                if identity not in seen:
                    yield _line(event)
            seen = set(fresh)
            since = max(since, datetime.now(UTC) - LATE)
            time.sleep(poll_seconds)

    def _events(self, since: datetime) -> Iterator[FilteredLogEventTypeDef]:
        # A quoted term may contain any characters (CloudWatch Logs user guide, "Filter pattern
        # syntax").
        pages = self.client.get_paginator("filter_log_events").paginate(
            logGroupName=self.name,
            startTime=int(since.timestamp() * 1000),
            filterPattern=f'"{self.term}"' if self.term else "",
        )
        try:
            for page in pages:
                yield from page["events"]
        except self.client.exceptions.ResourceNotFoundException:
            return


def _identity(event: FilteredLogEventTypeDef) -> tuple[Any, ...]:
    """Return the event ID, or other properties on MiniStack, which has no IDs."""
    return tuple(event.get(key) for key in ("eventId", "logStreamName", "timestamp", "message"))


def _line(event: FilteredLogEventTypeDef) -> LogLine:
    at = datetime.fromtimestamp(event.get("timestamp", 0) / 1000, UTC)
    return LogLine(at, event.get("message", "").rstrip("\n"), event.get("logStreamName", ""))


def is_chatter(line: LogLine) -> bool:
    """Return whether the line is Triton's information about a single request or internals."""
    return _CHATTER.match(line.text) is not None


def readable(text: str) -> str:
    """Return a function's JSON line as readable text, and other lines unchanged."""
    try:
        entry = json.loads(text)
    except json.JSONDecodeError:
        return text
    if not (isinstance(entry, dict) and "message" in entry):
        return text
    message = entry["message"]
    text = message if isinstance(message, str) else json.dumps(message)
    parts = (entry.get("level"), entry.get("function_name"), text, entry.get("exception"))
    return "  ".join(str(each) for each in parts if each)


def in_order(*several: Iterable[LogLine]) -> list[LogLine]:
    """Merge the lines of several sources in chronological order."""
    return sorted((line for lines in several for line in lines), key=lambda each: each.at)
