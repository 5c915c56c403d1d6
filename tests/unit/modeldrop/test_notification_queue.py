from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from modeldrop.mistake import Mistake
from modeldrop.notification_queue import notification_queue, read

if TYPE_CHECKING:
    from boto3 import Session


def text(**content: object) -> str:
    return "resnet is live.\nNow it serves.\n\n" + json.dumps(content, indent=2)


def envelope(message: str, **more: object) -> str:
    return json.dumps({"Type": "Notification", "Message": message} | more)


def test_envelope_is_opened() -> None:
    message = text(status="SUCCEEDED", model="resnet")
    found = read(
        envelope(
            message,
            Subject="SUCCEEDED: resnet is live",
            MessageAttributes={"status": {"Type": "String", "Value": "SUCCEEDED"}},
        )
    )
    assert found.subject == "SUCCEEDED: resnet is live"
    assert found.words == "resnet is live.\nNow it serves."
    assert found.content == {"status": "SUCCEEDED", "model": "resnet"}
    assert found.attributes == {"status": "SUCCEEDED"}


def test_subject_and_attributes_may_be_missing() -> None:
    found = read(envelope(text(a=1)))
    assert (found.subject, found.attributes) == ("", {})


def test_json_is_the_last_thing_whatever_the_cause_holds() -> None:
    cause = "Triton said:\n\n{ no JSON"
    found = read(envelope(f"resnet failed: {cause}{text(cause=cause)}"))
    assert found.content == {"cause": cause}
    assert found.words == f"resnet failed: {cause}resnet is live.\nNow it serves."


def test_only_the_notification_of_the_execution_is_given(session: Session) -> None:
    sns, sqs = session.client("sns"), session.client("sqs")
    topic = sns.create_topic(Name="results")["TopicArn"]

    def publish(model: str, execution: str) -> None:
        sns.publish(
            TopicArn=topic,
            Subject=f"SUCCEEDED: {model} is live",
            Message=text(execution_arn=execution, model=model),
            MessageAttributes={"model": {"DataType": "String", "StringValue": model}},
        )

    with notification_queue(sns, sqs, topic, "resnet") as queue:
        publish("vgg", "arn:mine")
        publish("resnet", "arn:of-another-drop")
        publish("resnet", "arn:mine")
        found = queue.wait_for("arn:mine")
        assert found.content == {"execution_arn": "arn:mine", "model": "resnet"}
        assert found.attributes == {"model": "resnet"}
    assert "QueueUrls" not in sqs.list_queues()
    assert sns.list_subscriptions()["Subscriptions"] == []


def test_queue_is_removed_after_an_exception_too(session: Session) -> None:
    sns, sqs = session.client("sns"), session.client("sqs")
    topic = sns.create_topic(Name="results")["TopicArn"]
    with pytest.raises(ZeroDivisionError), notification_queue(sns, sqs, topic, "resnet"):
        raise ZeroDivisionError
    assert "QueueUrls" not in sqs.list_queues()
    assert sns.list_subscriptions()["Subscriptions"] == []


def test_no_notification_in_time_is_said(session: Session) -> None:
    sns, sqs = session.client("sns"), session.client("sqs")
    topic = sns.create_topic(Name="results")["TopicArn"]
    with (
        notification_queue(sns, sqs, topic, "resnet") as queue,
        pytest.raises(Mistake, match=r"No notification of arn:mine has come within 0\.1 s"),
    ):
        queue.wait_for("arn:mine", seconds=0.1)
