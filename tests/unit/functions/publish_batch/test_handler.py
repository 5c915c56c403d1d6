from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3

from publish_batch.handler import handler
from tests.topic_queue import topic_queue
from tests.unit.functions.batch_runs import READY, batch
from tests.unit.functions.publish_batch.ended_batches import EXECUTION, FAILURES, counts
from workflow.aws.clients import sns

if TYPE_CHECKING:
    import pytest
    from aws_lambda_powertools.utilities.typing import LambdaContext


def test_result_is_published_and_returned(
    aws: None, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = sns().create_topic(Name="results")["TopicArn"]
    monkeypatch.setenv("TOPIC_ARN", topic)
    monkeypatch.setenv("CHAT_TOPIC_ARN", "")
    event = {
        "source": READY.model_dump(mode="json"),
        "execution_arn": EXECUTION,
        "batch": batch(3).model_dump(mode="json"),
        "failure": None,
        "transform_reason": None,
        "counts": counts(1, failed=2).model_dump(mode="json"),
        "failures": [each.model_dump(mode="json") for each in FAILURES],
        "summary_uri": "s3://drops/summary.json",
        "remaining": [],
    }
    with topic_queue(sns(), boto3.client("sqs"), topic) as queue:
        output = handler(event, context)
        [envelope] = queue.envelopes()
    assert output["status"] == "PARTIAL"
    assert output["cause"].startswith("2 of 3 inputs have no complete result.")
    assert "\nFix: " in output["cause"]
    assert output["subject"] == envelope["Subject"]
    assert output["content"] == json.loads(envelope["Message"])
    attributes = {name: each["Value"] for name, each in envelope["MessageAttributes"].items()}
    assert (attributes["kind"], attributes["status"]) == ("batch", "PARTIAL")
