"""The behavior of MiniStack's SNS that we need: texts by protocol, filter policies, limits."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from model_packager.aws_limits import MESSAGE_BYTES
from tests.topic_queue import topic_queue

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import boto3

    from tests.topic_queue import TopicQueue


@pytest.fixture
def topic(aws: boto3.Session) -> str:
    return aws.client("sns").create_topic(Name=f"t-{uuid.uuid4().hex}")["TopicArn"]


def subscribe(
    aws: boto3.Session, topic: str, **attributes: str
) -> AbstractContextManager[TopicQueue]:
    return topic_queue(aws.client("sns"), aws.client("sqs"), topic, **attributes)


def publish(aws: boto3.Session, topic: str, texts: object, **attributes: str) -> None:
    aws.client("sns").publish(
        TopicArn=topic,
        Subject="s",
        Message=texts if isinstance(texts, str) else json.dumps(texts),
        MessageStructure="json",
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )


def test_queue_gets_its_own_text_or_the_default(aws: boto3.Session, topic: str) -> None:
    with subscribe(aws, topic) as queue:
        publish(aws, topic, {"default": "long\ntext", "sms": "short"})
        publish(aws, topic, {"default": "long", "sqs": "of the queue", "sms": "short"})

        assert [each["Message"] for each in queue.envelopes()] == ["long\ntext", "of the queue"]


@pytest.mark.parametrize(
    ("texts", "error"),
    [
        ("not json", "JSON message body failed to parse"),
        ([], "JSON message body failed to parse"),
        ({"sms": "short"}, "No default entry in JSON message body"),
        ({"default": {"a": 1}}, "No default entry in JSON message body"),
    ],
)
def test_texts_without_a_default_reach_nobody(
    aws: boto3.Session, topic: str, texts: object, error: str
) -> None:
    with subscribe(aws, topic) as queue:
        with pytest.raises(ClientError, match=error) as caught:
            publish(aws, topic, texts)

        assert caught.value.response["Error"]["Code"] == "InvalidParameter"
        assert queue.envelopes() == []


def test_filter_policy_lets_through_what_has_its_attributes(aws: boto3.Session, topic: str) -> None:
    policy = {"severity": ["error"], "error": [{"anything-but": ["ModelRejected"]}]}
    with subscribe(aws, topic, FilterPolicy=json.dumps(policy)) as queue:
        publish(aws, topic, {"default": "of the author"}, severity="error", error="ModelRejected")
        publish(aws, topic, {"default": "all is well"}, severity="info")
        publish(aws, topic, {"default": "of ops"}, severity="error", error="EndpointFailed")

        assert [each["Message"] for each in queue.envelopes()] == ["of ops"]


def test_message_that_is_too_long_is_refused(aws: boto3.Session, topic: str) -> None:
    with pytest.raises(ClientError, match="too long"):
        publish(aws, topic, {"default": "x" * MESSAGE_BYTES.value})
