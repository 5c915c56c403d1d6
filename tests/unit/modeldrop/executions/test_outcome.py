from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from modeldrop.errors import UsageError
from modeldrop.executions.outcome import published_in, read_outcome, unpublished
from tests.unit.modeldrop.executions.test_last_executions import succeed

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import (
        DescribeExecutionOutputTypeDef,
        HistoryEventTypeDef,
    )

ARN = "arn:aws:states:us-east-1:123456789012:execution:deploy-model:first"


def left(name: str, **output: Any) -> HistoryEventTypeDef:
    return {
        "timestamp": datetime.now(UTC),
        "type": "TaskStateExited",
        "id": 1,
        "stateExitedEventDetails": {"name": name, "output": json.dumps(output)},
    }


def ended(status: Any, **more: Any) -> DescribeExecutionOutputTypeDef:
    found: Any = {"executionArn": ARN, "status": status} | more
    described: DescribeExecutionOutputTypeDef = found
    return described


@pytest.mark.parametrize("state", ["Publish Result", "Publish Retirement"])
def test_notification_is_what_publishing_gave_back(state: str) -> None:
    content = {"status": "SUCCEEDED"}
    found = published_in(
        [
            left("Deployment Result?", status="SUCCEEDED"),
            left(
                state,
                status="SUCCEEDED",
                subject="It is live",
                message="resnet is live.",
                content=content,
            ),
            left("Roll Back", message="not this one"),
        ]
    )
    assert found is not None
    assert (found.subject, found.words) == ("It is live", "resnet is live.")
    assert found.content == content


def test_events_without_an_output_are_skipped() -> None:
    started: HistoryEventTypeDef = {
        "timestamp": datetime.now(UTC),
        "type": "ExecutionStarted",
        "id": 1,
    }
    silent = left("Publish Result")
    del silent["stateExitedEventDetails"]["output"]
    assert published_in([started, silent]) is None


def test_there_is_none_where_publishing_failed() -> None:
    assert published_in([left("Publish Result", Error="AwsRefused", Cause="No.")]) is None
    assert published_in([left("Inspect Model", message="not this one")]) is None


def test_execution_without_a_notification_is_described() -> None:
    stopped = unpublished(ended("ABORTED"))
    assert stopped.content["status"] == "ABORTED"
    assert stopped.content["error"] is None
    assert "sent no notification" in stopped.content["cause"]
    assert stopped.words == stopped.content["cause"]
    for details in ({"error": "AwsRefused"}, {"cause": "SNS refused"}):
        [detail] = details.values()
        assert detail in unpublished(ended("FAILED", **details)).words
    failed = unpublished(ended("FAILED", error="AwsRefused", cause="SNS refused"))
    assert failed.content["cause"] == "SNS refused"
    assert failed.words.endswith("AwsRefused: SNS refused")
    assert ARN in failed.content["fix"]


def test_execution_that_succeeded_without_a_notification_had_nothing_to_deploy(
    stepfunctions: SFNClient, machine: str
) -> None:
    arn = stepfunctions.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
    stepfunctions.stop_execution(executionArn=arn)
    stopped = read_outcome(stepfunctions, arn)
    assert (stopped.execution_arn, stopped.execution_status) == (arn, "ABORTED")
    assert stopped.notification.content["status"] == "ABORTED"
    succeed(arn, {"source": None})
    with pytest.raises(UsageError, match="changes nothing"):
        read_outcome(stepfunctions, arn)
