"""Reads the end of a container's log in CloudWatch."""

from __future__ import annotations

from botocore.exceptions import ClientError

from model_packager.aws_limits import LOG_STREAMS
from model_packager.names.version import dropped_at
from model_packager.sagemaker.cloudwatch import DATA_LOG_ENDING, log_group
from workflow.aws.aws_errors import code
from workflow.aws.clients import logs
from workflow.step import logger

MAX_STREAMS = 1000
"""The streams to list, which takes 20 calls. CloudWatch sorts them by the last event, so many old
containers that keep writing may precede the newest one."""

_CONTAINERS = 3
_EVENTS = 1000  # a verbose start of Triton has about 200, and each /ping of SageMaker adds to them


def tail(endpoint: str, version: str | None) -> list[str] | None:
    """Return the last log lines of the newest container that wrote any.

    Each container has a log stream. While a version starts, the previous version's container keeps
    writing. So the newest container is the last one that started, and streams from before the drop
    are ignored. So are SageMaker's own streams about the requests to an asynchronous endpoint,
    whose names end in `/data-log` (developer guide, "Alarms and logs for tracking metrics from
    asynchronous endpoints"). The failure is reported with or without the log, so a read error is
    only logged.

    Args:
        endpoint: the endpoint.
        version: the version that failed to start; its name begins with the time of its drop.

    Returns:
        The lines; an empty list if no container wrote any, or if the log cannot be read. None if
        there is no log stream, because no container has started.
    """
    try:
        return _tail(log_group(endpoint), _milliseconds(version))
    except ClientError as error:
        if code(error) == "ResourceNotFoundException":  # no log group (DescribeLogStreams)
            return None
        logger.warning("The container's log cannot be read: %s", error)
        return []


def _tail(group: str, since: int) -> list[str] | None:
    pages = (
        logs()
        .get_paginator("describe_log_streams")
        .paginate(
            logGroupName=group,
            orderBy="LastEventTime",
            descending=True,
            PaginationConfig={"PageSize": LOG_STREAMS.value, "MaxItems": MAX_STREAMS},
        )
    )
    started = sorted(
        (each["creationTime"], each["logStreamName"])
        for page in pages
        for each in page["logStreams"]
        if each["creationTime"] >= since and not each["logStreamName"].endswith(DATA_LOG_ENDING)
    )
    if not started:
        return None
    newest_first = (_last_lines(group, name) for _time, name in reversed(started[-_CONTAINERS:]))
    return next((lines for lines in newest_first if lines), [])


def _last_lines(group: str, stream: str) -> list[str]:
    events = logs().get_log_events(logGroupName=group, logStreamName=stream, limit=_EVENTS)
    return [event["message"] for event in events["events"]]


def _milliseconds(version: str | None) -> int:
    if version is None:
        return 0
    return int(dropped_at(version).timestamp() * 1000)
