"""Which execution tells of a model: the one under way, else the last one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from model_packager.names import BARE_MODEL_NAME, MODEL_FILES, drop_folder
from modeldrop.drop import check_name
from modeldrop.mistake import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

LOOKED_INTO = 200
"""DescribeExecution takes 300 at once and 15 a second more (Step Functions developer guide,
"Service quotas"); nothing but an execution's input tells the model."""


def latest_execution(
    stepfunctions: SFNClient, state_machine_arn: str, model: str
) -> DescribeExecutionOutputTypeDef:
    """Find the execution to watch.

    The newest that is under way comes first; one for a deploy.yaml, which steps back where the
    model came along, only where it is newer than all of the model itself.

    Raises:
        Mistake: there is none, or the name holds a folder.
        ModelRejected: the name cannot be a model's for another reason.
    """
    check_name(model)
    ended: DescribeExecutionOutputTypeDef | None = None
    for each in _of_model(stepfunctions, state_machine_arn, model):
        if each["status"] == "RUNNING" and (ended is None or _has_model(each)):
            return each
        if ended is None and not _had_nothing_to_do(each):
            ended = each
    if ended is None:
        raise Mistake(
            f"No deployment of {model} is under way or among the last {LOOKED_INTO} executions. "
            f"Drop one with: modeldrop drop FILE --name {model}"
        )
    return ended


def _of_model(
    stepfunctions: SFNClient, machine: str, model: str
) -> Iterator[DescribeExecutionOutputTypeDef]:
    """Newest first, as Step Functions lists them."""
    pages = stepfunctions.get_paginator("list_executions").paginate(
        stateMachineArn=machine, PaginationConfig={"MaxItems": LOOKED_INTO, "PageSize": 100}
    )
    newest = sorted(
        (each for page in pages for each in page["executions"]),
        key=lambda each: each["startDate"],
        reverse=True,
    )
    for listed in newest:
        found = stepfunctions.describe_execution(executionArn=listed["executionArn"])
        if _model_of(found) == model:
            yield found


def _key(execution: DescribeExecutionOutputTypeDef) -> str:
    detail = json.loads(execution.get("input", "{}")).get("detail", {})
    key: str = detail.get("object", {}).get("key", "")
    return key


def _model_of(execution: DescribeExecutionOutputTypeDef) -> str:
    """Name the last folder of the key, as model_name does; a key may be what no model is called."""
    folder = drop_folder(_key(execution)).rstrip("/")
    return folder.rpartition("/")[2] or BARE_MODEL_NAME


def _has_model(execution: DescribeExecutionOutputTypeDef) -> bool:
    return _key(execution).rpartition("/")[2] in MODEL_FILES


def _had_nothing_to_do(execution: DescribeExecutionOutputTypeDef) -> bool:
    """A deploy.yaml that the model's own execution brings along: it publishes nothing."""
    return execution["status"] == "SUCCEEDED" and "status" not in json.loads(
        execution.get("output", "{}")
    )
