"""What subscribers hear of a drop: what their filter lets through, and the chat's own form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.workflow.drops import Cloud, summary, told
from tests.workflow.models import save, traced_scale

if TYPE_CHECKING:
    from collections.abc import Callable


def subscribed(
    cloud: Cloud, output: str, queue_name: str, policy: dict[str, Any]
) -> Callable[[], list[dict[str, Any]]]:
    """Subscribe a new queue to the topic of an output, and give a function that empties it."""
    sqs = cloud.client("sqs")
    queue = sqs.create_queue(QueueName=queue_name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn["QueueArn"],
    }
    allowed = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": allowed})
    cloud.client("sns").subscribe(
        TopicArn=cloud.embedded.output(output),
        Protocol="sqs",
        Endpoint=arn["QueueArn"],
        Attributes={"FilterPolicy": json.dumps(policy)},
    )

    def heard() -> list[dict[str, Any]]:
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=2)
        return [json.loads(each["Body"]) for each in found.get("Messages", [])]

    return heard


def test_chat_hears_all_and_who_is_on_call_what_asks_for_somebody(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    chat = subscribed(cloud, "ChatTopicArn", f"{name}-c", {"model": [name]})
    on_call = subscribed(
        cloud, "ResultTopicArn", f"{name}-o", {"model": [name], "needs_action": ["true"]}
    )
    good = cloud.drop(name, save(traced_scale(2), tmp_path / "model.pt"))
    assert told(good)["status"] == "SUCCEEDED", summary(good)
    (tmp_path / "model.pt").write_text("<html>no model</html>")
    bad = cloud.drop(name, tmp_path / "model.pt")
    assert told(bad)["status"] == "FAILED", summary(bad)

    messages = [json.loads(each["Message"]) for each in chat()]
    assert {each["metadata"]["threadId"] for each in messages} == {cloud.endpoint(name)}
    assert [each["metadata"]["additionalContext"]["status"] for each in messages] == [
        "SUCCEEDED",
        "FAILED",
    ]
    [message] = on_call()
    assert message["Subject"] == f"FAILED: {name} failed at Inspect Model"
    assert told(bad)["live_since"] == told(good)["live_since"] is not None
    words = " ".join(message["Message"].split())
    assert f"Version {told(good)['version']} serves on {cloud.endpoint(name)}, since 20" in words
    cloud.delete(name)
