"""Publishing: who gets what, and who filters what."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.unit.functions.given import ACCOUNT, REGION
from tests.unit.functions.workflow.letters import HOSTILE, letter
from workflow.aws.clients import sns
from workflow.contracts.base import Contract
from workflow.contracts.deploy_model import Status
from workflow.contracts.retire_model import RetirementStatus
from workflow.notify.message import Severity
from workflow.notify.sns import publish

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow.notify.message import Letter

    Subscribe = Callable[..., Callable[[], list[dict[str, Any]]]]

PAGE = Path(__file__).parents[5] / "docs" / "notifications.md"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:results"
CHAT = f"arn:aws:sns:{REGION}:{ACCOUNT}:chat"


class Content(Contract):
    status: str
    shortened: list[str]


def tell(told: Letter, chat: str = "") -> None:
    content = Content(status=told.status.value, shortened=[])
    publish(told, content, topic_arn=TOPIC, chat_topic_arn=chat)


@pytest.fixture
def subscribe(aws: None) -> Subscribe:
    """Subscribe a queue to a topic, and give a function that empties it."""
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


def test_everybody_but_a_telephone_gets_all_of_it(subscribe: Subscribe) -> None:
    received = subscribe()
    tell(letter())
    [message] = received()
    assert message["Message"].startswith("resnet ended FAILED at Smoke Test: it is wrong.\n\n")
    assert message["Subject"] == "FAILED: resnet failed at Smoke Test"


def test_hostile_texts_are_published(subscribe: Subscribe) -> None:
    received, chat = subscribe(), subscribe(CHAT)
    tell(letter(about=HOSTILE, headline=HOSTILE, sentence=HOSTILE, brief=HOSTILE), CHAT)
    [message], [told] = received(), chat()
    assert message["MessageAttributes"]["model"]["Value"].isprintable()
    assert json.loads(told["Message"])["source"] == "custom"


def test_chat_gets_its_own_schema_on_its_own_topic(subscribe: Subscribe) -> None:
    received, chat = subscribe(), subscribe(CHAT)
    tell(letter(), CHAT)
    [told] = chat()
    assert json.loads(told["Message"])["content"]["title"].endswith(": resnet failed at Smoke Test")
    assert told["MessageAttributes"] == received()[0]["MessageAttributes"]


def test_chat_that_cannot_be_told_keeps_nobody_from_hearing(
    subscribe: Subscribe, caplog: pytest.LogCaptureFixture
) -> None:
    received = subscribe()
    tell(letter(), f"{CHAT}-gone")
    assert len(received()) == 1
    assert "The chat was not told." in caplog.messages


TOLD = {
    "succeeded": letter(
        status=Status.SUCCEEDED, severity=Severity.INFO, needs_action=False, error=None
    ),
    "set back": letter(
        status=Status.SUCCEEDED, severity=Severity.WARNING, needs_action=False, error=None
    ),
    "refused": letter(about="cat", error="ModelRejected"),
    "no capacity": letter(error="CapacityShort"),
    "idle": letter(
        kind="retirement",
        status=RetirementStatus.NOTICE,
        severity=Severity.WARNING,
        error=None,
    ),
}


@pytest.mark.parametrize(
    ("policy", "heard"),
    [
        ({"needs_action": ["true"]}, {"refused", "no capacity", "idle"}),
        ({"severity": ["error"]}, {"refused", "no capacity"}),
        ({"model": ["cat"]}, {"refused"}),
        ({"kind": ["retirement"]}, {"idle"}),
        ({"error": ["ModelRejected", "SpecRejected"]}, {"refused"}),
        (
            {"severity": ["error"], "error": [{"anything-but": ["ModelRejected", "SpecRejected"]}]},
            {"no capacity"},
        ),
        ({"status": [{"anything-but": ["DUPLICATE", "SUPERSEDED"]}]}, set(TOLD)),
    ],
)
def test_filter_policy_of_the_page_lets_through_what_it_says(
    subscribe: Subscribe, policy: dict[str, Any], heard: set[str]
) -> None:
    assert policy in policies_of_the_page()
    received = subscribe(policy=json.dumps(policy))
    for name, told in TOLD.items():
        tell(letter(**vars(told) | {"headline": name}))
    assert {message["Subject"].partition(": ")[2] for message in received()} == heard


def policies_of_the_page() -> list[Any]:
    table = PAGE.read_text(encoding="utf-8").partition("## Filters")[2].partition("\n## ")[0]
    return [json.loads(each) for each in re.findall(r"`(\{.*?\})` \|", table)]


def test_every_policy_of_the_page_is_tried() -> None:
    assert len(policies_of_the_page()) == 7
