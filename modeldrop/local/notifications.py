"""Hearing what the pipeline announces: an SQS queue on the result topic, for as long as it is used.

Each listener has a queue of its own, so that two that listen at once both hear everything.
"""

from __future__ import annotations

import json
import math
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3

# SQS waits this long at most for a message (WaitTimeSeconds, SQS API reference).
_LONGEST_WAIT_SECONDS = 20


@dataclass(frozen=True)
class Notification:
    """One message as SNS handed it over."""

    subject: str
    message: str
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Listener:
    """A queue that gets every message published while it exists."""

    session: boto3.Session
    queue_url: str

    def receive(self, *, wait_seconds: float) -> Notification | None:
        """The next message, or None when none came for ``wait_seconds`` (rounded up by SQS)."""
        sqs = self.session.client("sqs")
        deadline = time.monotonic() + wait_seconds
        while True:
            left = max(0.0, deadline - time.monotonic())
            answer = sqs.receive_message(
                QueueUrl=self.queue_url,
                MaxNumberOfMessages=1,
                WaitTimeSeconds=min(_LONGEST_WAIT_SECONDS, math.ceil(left)),
            )
            for received in answer.get("Messages", []):
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=received["ReceiptHandle"])
                return _opened(json.loads(received["Body"]))
            if time.monotonic() >= deadline:
                return None


@contextmanager
def listening(session: boto3.Session, topic_arn: str) -> Iterator[Listener]:
    """Subscribe a new queue to the topic; both go again at the end of the block."""
    sqs, sns = session.client("sqs"), session.client("sns")
    queue_url = sqs.create_queue(QueueName=f"modeldrop-listener-{uuid.uuid4().hex[:12]}")[
        "QueueUrl"
    ]
    try:
        queue_arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])[
            "Attributes"
        ]["QueueArn"]
        sqs.set_queue_attributes(
            QueueUrl=queue_url, Attributes={"Policy": _may_send(topic_arn, queue_arn)}
        )
        subscription = sns.subscribe(
            TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn, ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        try:
            yield Listener(session, queue_url)
        finally:
            sns.unsubscribe(SubscriptionArn=subscription)
    finally:
        sqs.delete_queue(QueueUrl=queue_url)


def _may_send(topic_arn: str, queue_arn: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _opened(envelope: Mapping[str, Any]) -> Notification:
    attributes = envelope.get("MessageAttributes", {})
    return Notification(
        subject=envelope.get("Subject", ""),
        message=envelope["Message"],
        attributes={name: attribute["Value"] for name, attribute in attributes.items()},
    )
