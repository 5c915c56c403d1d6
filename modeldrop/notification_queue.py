"""Hearing of one model's deployments: an SQS queue of one's own on the result topic."""

from __future__ import annotations

import json
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modeldrop.mistake import Mistake
from modeldrop.notification import read_message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

    from modeldrop.notification import Published


@dataclass(frozen=True)
class NotificationQueue:
    """Gives the notifications of one model."""

    sqs: SQSClient
    url: str

    def wait_for(self, execution_arn: str, seconds: float = 15) -> Published:
        """Wait for the notification of an execution; those of others are dropped.

        Raises:
            Mistake: none has come in time.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                self.sqs.delete_message(
                    QueueUrl=self.url, ReceiptHandle=message.get("ReceiptHandle", "")
                )
                published = read(message.get("Body", ""))
                if published.content["execution_arn"] == execution_arn:
                    return published
        raise Mistake(f"No notification of {execution_arn} has come within {seconds:g} s.")


def read(envelope: str) -> Published:
    """Read what SNS puts into a queue: an envelope around subject, text and attributes."""
    told = json.loads(envelope)
    attributes = told.get("MessageAttributes", {})
    return read_message(
        told.get("Subject", ""),
        told["Message"],
        {name: value["Value"] for name, value in attributes.items()},
    )


@contextmanager
def notification_queue(
    sns: SNSClient, sqs: SQSClient, topic_arn: str, model: str
) -> Iterator[NotificationQueue]:
    """Subscribe a queue to the notifications of one model; both are removed at the end."""
    url = sqs.create_queue(QueueName=f"modeldrop-{uuid.uuid4().hex}")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": json.dumps(_topic_may_send(topic_arn, queue_arn))}
    )
    subscription = sns.subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint=queue_arn,
        Attributes={"FilterPolicy": json.dumps({"model": [model]})},
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    try:
        yield NotificationQueue(sqs, url)
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
