"""Publishes notifications to the SNS topics: one for all subscribers, one for chat."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from workflow.aws.clients import sns
from workflow.notify.chat import chat_message
from workflow.notify.email import email_text, subject
from workflow.notify.message import attributes
from workflow.notify.sms import sms_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

    from workflow.notify.message import Message

logger = Logger()


def publish(
    message: Message, content: Mapping[str, Any], *, topic_arn: str, chat_topic_arn: str
) -> None:
    """Publish one notification: text for e-mail and SMS, JSON for all other protocols.

    Args:
        message: the content for people.
        content: the JSON for programs, see `message_size.bounded_content`.
        topic_arn: the topic for all subscribers.
        chat_topic_arn: the topic of chat channels; empty if there is none.
    """
    sns().publish(
        TopicArn=topic_arn,
        Subject=subject(message),
        Message=json.dumps(
            {
                "default": json.dumps(content),
                "email": email_text(message),
                "sms": sms_text(message),
            },
            ensure_ascii=False,
        ),
        MessageStructure="json",
        MessageAttributes=_attributes(message),
    )
    if chat_topic_arn:
        _publish_to_chat(message, chat_topic_arn)


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
