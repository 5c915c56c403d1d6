"""Publishes to SNS: the messages of each protocol, and filter policies."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from model_packager.status import Status
from tests.unit.functions.samples import ACCOUNT, REGION
from tests.unit.functions.workflow.messages import HOSTILE, sample
from workflow.aws.clients import sns
from workflow.contracts.base import Contract
from workflow.contracts.retire_model import RetirementStatus
from workflow.notify.email import email_text, subject
from workflow.notify.message import Severity
from workflow.notify.sns import publish
from workflow.settings import TopicSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow.notify.message import Message

    Subscribe = Callable[..., Callable[[], list[dict[str, Any]]]]

PAGE = Path(__file__).parents[5] / "docs" / "notifications.md"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:results"
CHAT = f"arn:aws:sns:{REGION}:{ACCOUNT}:chat"


class Content(Contract):
    status: str
    shortened: list[str]


def send(message: Message, chat: str = "") -> None:
    content = Content(status=message.status.value, shortened=[])
    topics = TopicSettings(topic_arn=TOPIC, chat_topic_arn=chat)
    published = publish(message, content.model_dump(), topics)
    assert published.subject == subject(message)
    assert published.message == email_text(message)
    assert published.content == content.model_dump()


@pytest.fixture
def subscribe(aws: None) -> Subscribe:
    """A function that subscribes a queue to a topic, and returns a reader of the queue."""
    for name in ("results", "chat"):
        sns().create_topic(Name=name)
    sqs = boto3.client("sqs")

    def subscribe(topic: str = TOPIC, policy: str | None = None) -> Any:
        name = f"q{len(sqs.list_queues().get('QueueUrls', []))}"
        queue = sqs.create_queue(QueueName=name)["QueueUrl"]
        sns().subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}",
            Attributes={"FilterPolicy": policy} if policy else {},
        )

        def received() -> list[dict[str, Any]]:
            answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            return [json.loads(each["Body"]) for each in answer.get("Messages", [])]

        return received

    return subscribe


def test_programs_receive_json(subscribe: Subscribe) -> None:
    received = subscribe()
    send(sample())
    [message] = received()
    assert json.loads(message["Message"]) == {"status": "FAILED", "shortened": []}
    assert message["Subject"] == "FAILED: resnet failed at Smoke Test"


def test_hostile_texts_are_published(subscribe: Subscribe) -> None:
    received, chat = subscribe(), subscribe(CHAT)
    send(sample(model=HOSTILE, headline=HOSTILE, sentence=HOSTILE, summary=HOSTILE), CHAT)
    [message], [chat_message] = received(), chat()
    assert message["MessageAttributes"]["model"]["Value"].isprintable()
    assert json.loads(chat_message["Message"])["source"] == "custom"


def test_chat_topic_receives_the_chat_schema(subscribe: Subscribe) -> None:
    received, chat = subscribe(), subscribe(CHAT)
    send(sample(), CHAT)
    [message] = chat()
    assert json.loads(message["Message"])["content"]["title"].endswith(
        ": resnet failed at Smoke Test"
    )
    assert message["MessageAttributes"] == received()[0]["MessageAttributes"]


def test_failing_chat_does_not_affect_the_others(
    subscribe: Subscribe, caplog: pytest.LogCaptureFixture
) -> None:
    received = subscribe()
    send(sample(), f"{CHAT}-gone")
    assert len(received()) == 1
    assert "Publishing to the chat failed." in caplog.messages


MESSAGES = {
    "succeeded": sample(
        status=Status.SUCCEEDED, severity=Severity.INFO, needs_action=False, error=None
    ),
    "recovered": sample(
        status=Status.SUCCEEDED, severity=Severity.WARNING, needs_action=False, error=None
    ),
    "rejected": sample(model="cat", error="ModelRejected"),
    "no capacity": sample(error="CapacityShort"),
    "idle": sample(
        kind="retirement",
        status=RetirementStatus.NOTICE,
        severity=Severity.WARNING,
        error=None,
    ),
}


@pytest.mark.parametrize(
    ("policy", "received_names"),
    [
        ({"needs_action": ["true"]}, {"rejected", "no capacity", "idle"}),
        ({"severity": ["error"]}, {"rejected", "no capacity"}),
        ({"model": ["cat"]}, {"rejected"}),
        ({"kind": ["retirement"]}, {"idle"}),
        ({"error": ["ModelRejected", "SpecRejected"]}, {"rejected"}),
        (
            {"severity": ["error"], "error": [{"anything-but": ["ModelRejected", "SpecRejected"]}]},
            {"no capacity"},
        ),
        ({"status": [{"anything-but": ["DUPLICATE", "SUPERSEDED"]}]}, set(MESSAGES)),
    ],
)
def test_filter_policy_of_the_page_works(
    subscribe: Subscribe, policy: dict[str, Any], received_names: set[str]
) -> None:
    assert policy in policies_of_the_page()
    received = subscribe(policy=json.dumps(policy))
    for name, message in MESSAGES.items():
        send(sample(**vars(message) | {"headline": name}))
    assert {message["Subject"].partition(": ")[2] for message in received()} == received_names


def policies_of_the_page() -> list[Any]:
    table = PAGE.read_text(encoding="utf-8").partition("## Filters")[2].partition("\n## ")[0]
    return [json.loads(each) for each in re.findall(r"`(\{.*?\})` \|", table)]


def test_every_policy_of_the_page_is_tested() -> None:
    assert len(policies_of_the_page()) == 7
