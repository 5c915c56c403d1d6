"""How each model's last deployment ended, as Step Functions remembers it.

The record of a version tells of success alone; a failed drop leaves nothing behind but its
execution. Nothing in an execution's name tells the model, so the newest ones are looked into.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model_packager.names import drop_folder, model_name
from model_packager.rejection import ModelRejected
from model_packager.torchscript_format import TORCHSCRIPT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

RECENT = 100
"""Executions that are looked into: DescribeExecution takes 300 at once and 15 a second more
(Step Functions developer guide, "Service quotas")."""

AT_A_TIME = 8


@dataclass(frozen=True)
class LastExecution:
    """The last deployment of a model.

    Attributes:
        result: as in the notification; RUNNING, TIMED_OUT or ABORTED where there is none.
        ended: None while it runs.
        error: the error's name, with `cause`, where it did not succeed.
    """

    arn: str
    result: str
    started: datetime
    ended: datetime | None
    error: str | None = None
    cause: str | None = None


def last_executions(stepfunctions: SFNClient, machine_arn: str) -> dict[str, LastExecution]:
    """Give the last execution of each model that is among the newest `RECENT`."""
    listed = stepfunctions.list_executions(stateMachineArn=machine_arn, maxResults=RECENT)
    arns = [each["executionArn"] for each in listed["executions"]]
    found: dict[str, LastExecution] = {}
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        described = pool.map(lambda arn: stepfunctions.describe_execution(executionArn=arn), arns)
        for each in sorted(described, key=lambda one: one["startDate"]):
            model, execution = model_of(each.get("input", "{}")), execution_of(each)
            if model is not None and execution is not None:
                found[model] = execution
    return found


def model_of(text: str) -> str | None:
    """Name the model of an execution's input: an S3 event of the model or of its deploy.yaml."""
    key: Any = json.loads(text)
    for name in ("detail", "object", "key"):
        key = key.get(name, {}) if isinstance(key, dict) else {}
    try:
        return model_name(drop_folder(str(key)) + TORCHSCRIPT.object_name) if key else None
    except ModelRejected:
        return None


def execution_of(described: DescribeExecutionOutputTypeDef) -> LastExecution | None:
    """Read how it ended; None for one that had nothing to deploy."""
    result: str | None = described["status"]
    if result == "SUCCEEDED":
        output: Mapping[str, Any] = json.loads(described.get("output", "{}"))
        result = output.get("status")
    elif result == "FAILED" and described.get("error") == "EndpointRolledBack":
        result = "ROLLED_BACK"
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
