from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from modeldrop.executions.outcome import published_in, unpublished

if TYPE_CHECKING:
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


def test_there_is_none_where_publishing_failed() -> None:
    assert published_in([left("Publish Result", Error="AwsRefused", Cause="No.")]) is None
    assert published_in([left("Inspect Model", message="not this one")]) is None


def test_execution_without_a_notification_is_described() -> None:
    stopped = unpublished(ended("ABORTED"))
    assert stopped.content["status"] == "ABORTED"
    assert stopped.content["error"] is None
    assert "sent no notification" in stopped.content["cause"]
    failed = unpublished(ended("FAILED", error="AwsRefused", cause="SNS refused"))
    assert failed.content["cause"] == "SNS refused"
    assert failed.words.endswith("AwsRefused: SNS refused")
    assert ARN in failed.content["fix"]
