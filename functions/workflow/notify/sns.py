"""Publishes notifications to the SNS topics: one for all subscribers, one for chat."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from workflow.aws.clients import sns
from workflow.contracts.base import PublishedNotification
from workflow.notify.chat import chat_message
from workflow.notify.email import email_text, subject
from workflow.notify.message import attributes
from workflow.notify.sms import sms_text

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

    from workflow.notify.message import Message
    from workflow.settings import TopicSettings

logger = Logger()


def publish(
    message: Message, content: dict[str, Any], topics: TopicSettings
) -> PublishedNotification:
    """Publish one notification: text for email and SMS, JSON for all other protocols.

    Args:
        message: the content for people.
        content: the JSON for programs, see `message_size.bounded_content`.
        topics: the topics for all subscribers and for chat channels.
    """
    published = PublishedNotification(
        subject=subject(message), message=email_text(message), content=content
    )
    sns().publish(
        TopicArn=topics.topic_arn,
        Subject=published.subject,
        Message=json.dumps(
            {
                "default": json.dumps(content),
                "email": published.message,
                "sms": sms_text(message),
            },
            ensure_ascii=False,
        ),
        MessageStructure="json",
        MessageAttributes=_attributes(message),
    )
    if topics.chat_topic_arn:
        _publish_to_chat(message, topics.chat_topic_arn)
    return published


def _publish_to_chat(message: Message, topic_arn: str) -> None:
    """Publish to the chat. A failure is only logged: a retry would notify all others again."""
    try:
        sns().publish(
            TopicArn=topic_arn,
            Message=chat_message(message),
            MessageAttributes=_attributes(message),
        )
    except (ClientError, BotoCoreError):
        logger.exception("Publishing to the chat failed.")


def _attributes(message: Message) -> dict[str, MessageAttributeValueTypeDef]:
    return {
        name: {"DataType": "String", "StringValue": value}
        for name, value in attributes(message).items()
    }
