"""What the container last complained of, in its CloudWatch log group."""

from __future__ import annotations

import re

from botocore.exceptions import ClientError

from workflow.clients import logs
from workflow.step import logger

_COMPLAINT = re.compile(
    r"""
      ^[EF]\d{4}\s          # Triton's log prefix: E or F for error and fatal, then month and day
    | ^ERROR:               # the container's `serve` script
    | \bUNAVAILABLE:        # why a model is not ready
    """,
    re.VERBOSE,
)
_PREFIX = re.compile(r'^[EF]\d{4} \S+ \d+ \S+\] "?')
_NOISE = "CudaDriverHelper has not been initialized"  # on every instance without a GPU
_LINE_BREAK = r"\n"  # as Triton writes it within a line
_LINE_LIMIT = 400
_LINES = 3
_REASON = 80
_EVENTS = 200


def log_group(endpoint: str) -> str:
    """Name the log group of an endpoint's containers (SageMaker developer guide, logging)."""
    return f"/aws/sagemaker/Endpoints/{endpoint}"


def last_errors(endpoint: str) -> list[str]:
    """Give the last few error lines of the newest container; none where there is no log.

    The log explains a failure that is being reported already, so not to be able to read it is only
    logged.
    """
    try:
        return errors_in(_tail(log_group(endpoint)))
    except ClientError as error:
        logger.warning("the container's log cannot be read: %s", error)
        return []


def errors_in(lines: list[str]) -> list[str]:
    """Pick the last different error lines, without their prefixes, shortened.

    Triton tells one failure three times, in other words before the same reason: as the backend's,
    as the model's, and in the table of models. The first is kept.
    """
    complaints: dict[str, str] = {}
    for line in filter(_is_error, lines):
        text = _PREFIX.sub("", line).strip(' |"')
        reason = text.partition(_LINE_BREAK)[0][-_REASON:]
        complaints.setdefault(reason, text[:_LINE_LIMIT])
    return list(complaints.values())[-_LINES:]


def _is_error(line: str) -> bool:
    return _COMPLAINT.search(line) is not None and _NOISE not in line


def _tail(group: str) -> list[str]:
    streams = logs().describe_log_streams(
        logGroupName=group, orderBy="LastEventTime", descending=True, limit=1
    )["logStreams"]
    if not streams:
        return []
    events = logs().get_log_events(
        logGroupName=group, logStreamName=streams[0]["logStreamName"], limit=_EVENTS
    )["events"]
    return [event["message"] for event in events]
