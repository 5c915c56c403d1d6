from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from publish_retirement.handler import handler
from tests.unit.functions.given import ACCOUNT, ARTIFACTS, EXECUTION, REGION
from tests.unit.functions.publish_retirement.ended_retirements import RETIREMENT
from workflow.clients import sns

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def test_notice_is_published_and_given_back(
    buckets: None, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = sns().create_topic(Name="results")["TopicArn"]
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:subscriber"
    sns().subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
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

    given_back = handler(event, context)

    assert given_back["status"] == "NOTICE"
    assert "Fix: It stays, and is billed." in given_back["cause"]
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    envelope = json.loads(message["Body"])
    assert envelope["Subject"] == "NOTICE: resnet: nobody uses it"
    assert {name: each["Value"] for name, each in envelope["MessageAttributes"].items()} == {
        "kind": "retirement",
        "status": "NOTICE",
        "model": "resnet",
        "severity": "warning",
        "needs_action": "true",
    }
