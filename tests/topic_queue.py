"""A queue that receives the messages of an SNS topic."""

from __future__ import annotations

import json
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modeldrop.executions.published import Published

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class TopicQueue:
    """Returns each published message once."""

    sqs: SQSClient
    url: str

    def envelopes(self, wait_seconds: int = 0) -> list[dict[str, Any]]:
        """Receive up to ten messages, as SNS's JSON with subject, text and attributes."""
        answer = self.sqs.receive_message(
            QueueUrl=self.url, WaitTimeSeconds=wait_seconds, MaxNumberOfMessages=10
        )
        taken = answer.get("Messages", [])
        for message in taken:
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in taken]

    def notifications(self, wait_seconds: int = 0) -> list[Published]:
        """Receive up to ten of our notifications."""
        return [_read(each) for each in self.envelopes(wait_seconds)]

    def wait_for(self, execution_arn: str, seconds: float = 120) -> Published:
        """Wait for the notification of an execution, and drop the others."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for published in self.notifications(wait_seconds=1):
                if published.content["execution_arn"] == execution_arn:
                    return published
        raise AssertionError(f"no notification of {execution_arn} has come within {seconds:g} s")


def _read(envelope: dict[str, Any]) -> Published:
    attributes = envelope.get("MessageAttributes", {})
    return Published(
        subject=envelope.get("Subject", ""),
        words="",
        content=json.loads(envelope["Message"]),
        attributes={name: value["Value"] for name, value in attributes.items()},
    )


@contextmanager
def topic_queue(
    sns: SNSClient, sqs: SQSClient, topic_arn: str, **attributes: str
) -> Iterator[TopicQueue]:
    """Subscribe a queue for a `with` block, with these attributes of the subscription."""
    url = sqs.create_queue(QueueName=f"modeldrop-{uuid.uuid4().hex}")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    allowed = json.dumps(_topic_may_send(topic_arn, queue_arn))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": allowed})
    subscription = sns.subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint=queue_arn,
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    try:
        yield TopicQueue(sqs, url)
    finally:
        sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=url)


def _topic_may_send(topic_arn: str, queue_arn: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
            }
        ],
    }
