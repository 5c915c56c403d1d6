"""Finds the last executions of each model, with their results.

A failed drop leaves only its execution. The name of an execution does not contain the model's name,
so this module reads the input of the newest executions.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model_packager.formats.torchscript.format import TORCHSCRIPT
from model_packager.model_files import MODEL_FILES
from model_packager.names.drop import drop_folder, model_name
from model_packager.rejection import ModelRejected
from model_packager.status import STATUS_OF_ERROR, Status
from modeldrop.model_names import check_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

RECENT = 100
"""The number of executions to read. DescribeExecution allows a burst of 250 and 10 per second in
the Regions with the smallest quota (Step Functions developer guide, "Service quotas")."""

SEARCH_LIMIT = 200
"""The maximum number of executions to read until one matches."""

AT_A_TIME = 8


@dataclass(frozen=True)
class LastExecution:
    """The last deployment of a model.

    Attributes:
        result: the status in the notification; RUNNING, TIMED_OUT or ABORTED without one.
        ended: the end of the execution; None while it is running.
        error: the name of the error, explained by `cause`; None after success.
    """

    arn: str
    result: str
    started: datetime
    ended: datetime | None
    error: str | None = None
    cause: str | None = None


def last_executions(stepfunctions: SFNClient, machine_arn: str) -> dict[str, LastExecution]:
    """Return the last execution of each model among the newest `RECENT`."""
    found: dict[str, LastExecution] = {}
    for described in _newest_first(stepfunctions, machine_arn, RECENT):
        model, execution = model_of(described.get("input", "{}")), execution_of(described)
        if model is not None and execution is not None:
            found.setdefault(model, execution)
    return found


def execution_to_watch(
    stepfunctions: SFNClient, machine_arn: str, model: str
) -> DescribeExecutionOutputTypeDef | None:
    """Return the model's newest running execution, or its last one; None without any.

    An execution for a deploy.yaml counts only if it is newer than those for the model file, because
    it ends early if the model was uploaded, too.

    Raises:
        UsageError: the name is invalid.
    """
    check_name(model)
    ended: DescribeExecutionOutputTypeDef | None = None
    for each in _newest_first(stepfunctions, machine_arn, SEARCH_LIMIT):
        if model_of(each.get("input", "{}")) != model:
            continue
        if each["status"] == "RUNNING" and (ended is None or _dropped_a_model(each)):
            return each
        if ended is None and execution_of(each) is not None:
            ended = each
    return ended


def _newest_first(
    stepfunctions: SFNClient, machine_arn: str, most: int
) -> Iterator[DescribeExecutionOutputTypeDef]:
    pages = stepfunctions.get_paginator("list_executions").paginate(
        stateMachineArn=machine_arn, PaginationConfig={"MaxItems": most, "PageSize": 100}
    )
    newest = sorted(
        (each for page in pages for each in page["executions"]),
        key=lambda each: each["startDate"],
        reverse=True,
    )
    arns = [each["executionArn"] for each in newest]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for first in range(0, len(arns), AT_A_TIME):  # read only as many as needed
            yield from pool.map(
                lambda arn: stepfunctions.describe_execution(executionArn=arn),
                arns[first : first + AT_A_TIME],
            )


def model_of(text: str) -> str | None:
    """Return the model of an execution's input: an S3 event of the model or its deploy.yaml."""
    key = _key(text)
    try:
        return model_name(drop_folder(key) + TORCHSCRIPT.object_name) if key else None
    except ModelRejected:
        return None


def execution_of(described: DescribeExecutionOutputTypeDef) -> LastExecution | None:
    """Return the result of an execution; None if it had nothing to deploy."""
    result: str | None = described["status"]
    if result == "SUCCEEDED":
        output: Mapping[str, Any] = json.loads(described.get("output", "{}"))
        result = output.get("status")
    elif result == "FAILED":
        result = STATUS_OF_ERROR.get(described.get("error", ""), Status.FAILED)
    if result is None:
        return None
    return LastExecution(
        arn=described["executionArn"],
        result=result,
        started=described["startDate"],
        ended=described.get("stopDate"),
        error=described.get("error"),
        cause=described.get("cause"),
    )


def _key(text: str) -> str:
    """Return the key in an S3 event; empty for other texts."""
    value: Any = json.loads(text)
    for name in ("detail", "object", "key"):
        value = value.get(name, "") if isinstance(value, dict) else ""
    return str(value)


def _dropped_a_model(execution: DescribeExecutionOutputTypeDef) -> bool:
    return _key(execution.get("input", "{}")).rpartition("/")[2] in MODEL_FILES
