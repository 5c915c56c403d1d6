"""The notifications that subscribers receive: filter policies, and the chat's schema."""

from __future__ import annotations

import json
from pathlib import Path

from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import save_scale


def test_chat_gets_every_notification_and_on_call_those_that_need_action(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    with (
        cloud.subscribe("ChatTopicArn", model=[name]) as chat,
        cloud.subscribe("ResultTopicArn", model=[name], needs_action=["true"]) as on_call,
    ):
        good = cloud.drop(name, save_scale(2, tmp_path / "model.onnx"))
        assert content_of(good)["status"] == "SUCCEEDED", summary(good)
        (tmp_path / "model.pt").write_text("<html>no model</html>")
        bad = cloud.drop(name, tmp_path / "model.pt")
        assert content_of(bad)["status"] == "FAILED", summary(bad)
        chatted, [paged] = chat.envelopes(), on_call.envelopes()

    messages = [json.loads(each["Message"]) for each in chatted]
    assert {each["metadata"]["threadId"] for each in messages} == {cloud.endpoint(name)}
    assert [each["metadata"]["additionalContext"]["status"] for each in messages] == [
        "SUCCEEDED",
        "FAILED",
    ]
    assert paged["Subject"] == f"FAILED: {name} failed at Inspect Model"
    assert content_of(bad)["live_since"] == content_of(good)["live_since"] is not None
    assert json.loads(paged["Message"]) == content_of(bad)
    words = " ".join(bad.notification.words.split())
    version = content_of(good)["version"]
    assert f"Version v1 ({version}) has been live on {cloud.endpoint(name)} since 20" in words
    cloud.delete(name)
