"""Reads why requests failed from the data log of a transform job.

The job's FailureReason names no request. The data log has, for each failed one, its key and the
container's response (aws/sagemaker-tensorflow-serving-container#93, aws/sagemaker-python-sdk#1882):

    <time>:[sagemaker logs]: <bucket>/<key>: Bad HTTP status received from algorithm: 500
    <time>:[sagemaker logs]: <bucket>/<key>: Message:
    <time>:[sagemaker logs]: <bucket>/<key>: {"error":"a value above 700"}
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_client.response import error_message
from model_packager.sagemaker.cloudwatch import DATA_LOG_ENDING, TRANSFORM_LOG_GROUP
from workflow.aws.clients import logs
from workflow.failures.log_errors import readable
from workflow.step import logger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_logs.type_defs import GetLogEventsRequestTypeDef

_MAX_PAGES = 20
"""The pages to read of each stream, of 10,000 lines or 1 MiB each (GetLogEvents API reference)."""

_CAUSE_CHARACTERS = 200
_LINE = re.compile(r"\S+:\[sagemaker logs\]: (?P<object>\S+):(?: (?P<text>.*))?$")
_MESSAGE = "Message:"


def failed_requests(job: str) -> dict[str, str]:
    """Return the cause of each failed request, by the request's name.

    The failures are reported with or without the log, so a read error is only logged.

    Args:
        job: the name of the transform job.
    """
    try:
        return causes(_lines(job))
    except ClientError as error:
        logger.warning("The data log cannot be read: %s", error)
        return {}


def causes(lines: Iterable[str]) -> dict[str, str]:
    """Return the cause of each failed request in the lines of a data log, by its name. Pure."""
    texts = dict[str, list[str]]()
    for line in lines:
        found = _LINE.match(line)
        if found:
            name = found["object"].rpartition("/")[2]
            texts.setdefault(name, []).append((found["text"] or "").strip())
    return {name: _cause(each) for name, each in texts.items()}


def _cause(texts: list[str]) -> str:
    """Return the container's message, or SageMaker's line if there is none."""
    if _MESSAGE in texts:
        response = "\n".join(texts[texts.index(_MESSAGE) + 1 :]).strip()
        message = readable(error_message(response))
        if message:
            return message[:_CAUSE_CHARACTERS]
    return readable(texts[0])[:_CAUSE_CHARACTERS]


def _lines(job: str) -> Iterator[str]:
    pages = logs().get_paginator("describe_log_streams")
    for page in pages.paginate(logGroupName=TRANSFORM_LOG_GROUP, logStreamNamePrefix=f"{job}/"):
        for stream in page["logStreams"]:
            if stream["logStreamName"].endswith(DATA_LOG_ENDING):
                yield from _of_stream(stream["logStreamName"])


def _of_stream(name: str) -> Iterator[str]:
    """Yield the lines, oldest first. The last page repeats its token (GetLogEvents)."""
    request: GetLogEventsRequestTypeDef = {
        "logGroupName": TRANSFORM_LOG_GROUP,
        "logStreamName": name,
        "startFromHead": True,
    }
    for _ in range(_MAX_PAGES):
        page = logs().get_log_events(**request)
        yield from (event["message"] for event in page["events"])
        token = page["nextForwardToken"]
        if token == request.get("nextToken"):
            return
        request["nextToken"] = token
