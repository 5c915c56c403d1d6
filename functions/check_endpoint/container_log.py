"""The end of a container's log, in CloudWatch: what it said last."""

from __future__ import annotations

from datetime import UTC, datetime

from botocore.exceptions import ClientError

from workflow.aws.clients import logs
from workflow.step import logger

_STREAMS = 50  # at most, in one answer of DescribeLogStreams
_CONTAINERS = 3
_EVENTS = 1000  # Triton's verbose start takes some 200, and SageMaker asks /ping for minutes
_VERSION_TIME = "%Y%m%dT%H%M%SZ"


def log_group(endpoint: str) -> str:
    """Name the log group of an endpoint's containers (SageMaker developer guide, logging)."""
    return f"/aws/sagemaker/Endpoints/{endpoint}"


def tail(endpoint: str, version: str | None) -> list[str]:
    """Give the last lines of the newest container that wrote any; none where there is no log.

    Each container has a stream. While a version is brought up, that of the version before goes on
    writing: so the newest is the last that began, and what began before the drop does not count.
    The log explains a failure that is being reported already, so not to be able to read it is only
    logged.

    Args:
        endpoint: the endpoint.
        version: the version that was to be served, whose name begins with the time of its drop.
    """
    try:
        return _tail(log_group(endpoint), _milliseconds(version))
    except ClientError as error:
        logger.warning("the container's log cannot be read: %s", error)
        return []


def _tail(group: str, since: int) -> list[str]:
    streams = logs().describe_log_streams(
        logGroupName=group, orderBy="LastEventTime", descending=True, limit=_STREAMS
    )["logStreams"]
    began = sorted(
        ((each["creationTime"], each["logStreamName"]) for each in streams), reverse=True
    )
    for time, name in began[:_CONTAINERS]:
        if time >= since and (lines := _last_lines(group, name)):
            return lines
    return []


def _last_lines(group: str, stream: str) -> list[str]:
    events = logs().get_log_events(logGroupName=group, logStreamName=stream, limit=_EVENTS)
    return [event["message"] for event in events["events"]]


def _milliseconds(version: str | None) -> int:
    if version is None:
        return 0
    time = datetime.strptime(version.partition("-")[0], _VERSION_TIME).replace(tzinfo=UTC)
    return int(time.timestamp() * 1000)
