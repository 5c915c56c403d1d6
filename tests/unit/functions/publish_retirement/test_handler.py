from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from publish_retirement.handler import handler
from tests.topic_queue import topic_queue
from tests.unit.functions.publish_retirement.ended_retirements import RETIREMENT
from tests.unit.functions.samples import ARTIFACTS, EXECUTION
from workflow.aws.clients import sns

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def test_notice_is_published_and_returned(
    buckets: None, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = sns().create_topic(Name="results")["TopicArn"]
    monkeypatch.setenv("TOPIC_ARN", topic)
    monkeypatch.setenv("CHAT_TOPIC_ARN", "")
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    event: dict[str, Any] = {
        "request": {"reason": "IDLE", "model": "resnet"},
        "execution_arn": EXECUTION,
        "decision": "NOTICE",
        "retirement": RETIREMENT.model_dump(mode="json"),
        "failure": None,
        "removed": [],
        "remaining": [],
    }

    with topic_queue(sns(), boto3.client("sqs"), topic) as queue:
        output = handler(event, context)
        [envelope] = queue.envelopes()

    assert output["status"] == "NOTICE"
    assert "Fix: The endpoint keeps running and is billed." in output["cause"]
    assert output["subject"] == envelope["Subject"]
    assert output["content"] == json.loads(envelope["Message"])
    assert output["message"].startswith("resnet needs attention")
    assert envelope["Subject"] == "NOTICE: resnet is idle"
    assert {name: each["Value"] for name, each in envelope["MessageAttributes"].items()} == {
        "kind": "retirement",
        "status": "NOTICE",
        "model": "resnet",
        "severity": "warning",
        "needs_action": "true",
    }
