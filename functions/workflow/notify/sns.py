"""The SNS topics on which everything is told: one for everybody, one for chat."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from workflow.aws.clients import sns
from workflow.notify.chat import chat_message
from workflow.notify.email import mail, subject
from workflow.notify.message import attributes
from workflow.notify.sms import sms

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

    from workflow.contracts.base import Contract
    from workflow.notify.message import Letter

logger = Logger()


def publish(letter: Letter, content: Contract, *, topic_arn: str, chat_topic_arn: str) -> None:
    """Publish one notification: the short text to telephones, all of it to everybody else.

    Args:
        letter: what people are told.
        content: what programs are told.
        topic_arn: whose subscribers get it.
        chat_topic_arn: what chat channels listen to; empty where there is none.
    """
    sns().publish(
        TopicArn=topic_arn,
        Subject=subject(letter),
        Message=json.dumps(
            {"default": mail(letter, content), "sms": sms(letter)}, ensure_ascii=False
        ),
        MessageStructure="json",
        MessageAttributes=_attributes(letter),
    )
    if chat_topic_arn:
        _publish_to_chat(letter, chat_topic_arn)


def _publish_to_chat(letter: Letter, topic_arn: str) -> None:
    """Tell the chat, too. A failure is logged alone: a retry would tell everybody else again."""
    try:
        sns().publish(
            TopicArn=topic_arn, Message=chat_message(letter), MessageAttributes=_attributes(letter)
        )
    except (ClientError, BotoCoreError):
        logger.exception("The chat was not told.")


def _attributes(letter: Letter) -> dict[str, MessageAttributeValueTypeDef]:
    return {
        name: {"DataType": "String", "StringValue": value}
        for name, value in attributes(letter).items()
    }
