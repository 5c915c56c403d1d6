"""Watches the endpoint that an execution waits for, and the last log line of its container.

Both are optional: a user without permission for SageMaker or CloudWatch Logs sees less, but no
error.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from model_packager.aws_limits import LOG_STREAMS
from model_packager.sagemaker.cloudwatch import DATA_LOG_ENDING, log_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boto3 import Session
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sagemaker import SageMakerClient

    from model_packager.executions.history import StateVisit

WAITING = {"Create Endpoint", "Wait for Endpoint", "Check Endpoint", "Endpoint Ready?"}
_NAMING = {"Inspect Model", "Restore Version", "Create Endpoint Config", "Create Endpoint"}
"""The states whose output names the endpoint; the last two choose a `target`."""
_MAX_STREAMS = 200
"""The maximum number of log streams to read at a poll, the streams with the newest events first."""

_EVENTS = 20


@dataclass(frozen=True)
class EndpointStart:
    """The status of an endpoint; `log_line` is empty until the container logs a line."""

    endpoint: str
    status: str
    log_line: str


def awaited_endpoint(visits: Sequence[StateVisit]) -> str | None:
    """Return the endpoint that the execution waits for; None if there is none."""
    if not visits or visits[-1].name not in WAITING:
        return None
    named = [json.loads(each.output) for each in visits if each.name in _NAMING and each.output]
    if not named:
        return None
    endpoint: str = named[-1].get("target") or named[-1]["deployment"]["endpoint"]
    return endpoint


class EndpointWatch:
    """Polls endpoints and the logs of their containers."""

    def __init__(self, session: Session) -> None:
        self._sagemaker: SageMakerClient = session.client("sagemaker")
        self._logs: CloudWatchLogsClient = session.client("logs")

    def poll(self, visits: Sequence[StateVisit]) -> EndpointStart | None:
        """Poll the endpoint that the execution waits for; None if there is none."""
        endpoint = awaited_endpoint(visits)
        if endpoint is None:
            return None
        since = visits[0].entered.timestamp()
        return EndpointStart(endpoint, self._status(endpoint), self._log_line(endpoint, since))

    def _status(self, endpoint: str) -> str:
        try:
            return self._sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointStatus"]
        except (BotoCoreError, ClientError):  # no endpoint yet, or no permission
            return ""

    def _log_line(self, endpoint: str, since: float) -> str:
        """Return the last line of the newest container that started after the execution."""
        group = log_group(endpoint)
        try:
            newest = self._newest_stream(group, since)
            if newest is None:
                return ""
            events = self._logs.get_log_events(
                logGroupName=group, logStreamName=newest, limit=_EVENTS
            )["events"]
        except (BotoCoreError, ClientError):
            return ""
        lines = [each["message"].strip() for each in events if each["message"].strip()]
        return lines[-1] if lines else ""

    def _newest_stream(self, group: str, since: float) -> str | None:
        """Return the newest container's log stream; None if none was created after `since`."""
        pages = self._logs.get_paginator("describe_log_streams").paginate(
            logGroupName=group,
            orderBy="LastEventTime",
            descending=True,
            PaginationConfig={"PageSize": LOG_STREAMS.value, "MaxItems": _MAX_STREAMS},
        )
        created = [
            (each.get("creationTime", 0), each["logStreamName"])
            for page in pages
            for each in page["logStreams"]
            if not each["logStreamName"].endswith(DATA_LOG_ENDING)
        ]
        time, stream = max(created, default=(0, None))
        return stream if time >= since * 1000 else None
