"""The notification of a drop, as text. Run as a module (`python -m`), this rewrites golden/."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_packager.status import Status
from model_packager.stored import Ranking
from publish_result.notification import Notification
from publish_result.rendering import render_message
from tests.unit.functions.goldens import golden_files, write
from tests.unit.functions.publish_result.ended_drops import (
    DROPS,
    LOAD,
    RECORD,
    SMOKE,
    ended,
)
from tests.unit.functions.samples import ENDPOINT, OLDER, VERSION
from workflow.notify.email import email_text, subject
from workflow.notify.message_size import bounded_content

GOLDEN = Path(__file__).with_name("golden")


def golden() -> dict[str, str]:
    files: dict[str, str] = {}
    for name, notification in DROPS.items():
        files |= golden_files(name, render_message(notification), notification)
    return files


def text_of(notification: Notification) -> str:
    """Return the text of the email without line wrapping."""
    return " ".join(email_text(render_message(notification)).split())


def test_texts_match_the_golden_files() -> None:
    stored = {file.name: file.read_text(encoding="utf-8") for file in GOLDEN.iterdir()}
    assert golden() == stored, f"PYTHONPATH=functions:. python -m {__spec__.name}"


def test_every_status_has_a_golden_file() -> None:
    assert {notification.status for notification in DROPS.values()} == set(Status)


@pytest.mark.parametrize("name", DROPS)
def test_email_begins_with_a_sentence_and_has_no_json(name: str) -> None:
    notification = DROPS[name]
    body = email_text(render_message(notification))
    first = " ".join(body.partition("\n\n")[0].split())
    assert first.startswith(notification.model or f"s3://drops/{notification.source.key}")
    assert first.endswith(render_message(notification).sentence[-30:])
    assert '"status"' not in body
    content = bounded_content(notification)
    assert Notification.model_validate(content) == notification
    assert content["shortened"] == []


@pytest.mark.parametrize("name", DROPS)
def test_text_names_the_live_version(name: str) -> None:
    notification = DROPS[name]
    version, label = notification.live_version, notification.live_version_label
    live = f"Version {label} ({version}) has been" if version else "No version is"
    place = f"on {notification.endpoint}" if notification.endpoint else "under this name"
    assert f"Live version: - {live} live {place}" in text_of(notification)


def test_text_has_the_live_versions_date() -> None:
    assert (
        f"Version v3 ({OLDER}) has been live on {ENDPOINT} since 2026-07-31 08:04 UTC."
        in text_of(DROPS["ROLLED_BACK"])
    )
    unknown = DROPS["ROLLED_BACK"].model_copy(update={"live_since": None})
    assert f"Version v3 ({OLDER}) is live on {ENDPOINT}. Next steps:" in text_of(unknown)


def test_load_above_the_limit() -> None:
    smoke = SMOKE.model_copy(update={"load": LOAD, "limits": {"p95_ms": 20}})
    assert (
        "No load level stays within the limit of 20 ms. The closest one: 1 concurrent client"
        in (text_of(ended(live=VERSION, smoke=smoke)))
    )


def test_key_replaces_an_invalid_model_name() -> None:
    nameless = DROPS["FAILED_NO_NAME"]
    assert subject(render_message(nameless)) == "FAILED: my cat/model.pt failed at Inspect Model"
    assert text_of(nameless).startswith("s3://drops/my cat/model.pt failed at Inspect Model: ")
    assert "    aws s3 mv 's3://drops/my cat/model.pt' s3://drops/NAME/model.pt\n" in email_text(
        render_message(nameless)
    )


def test_class_without_a_label_has_its_number() -> None:
    top = Ranking(index=7, label=None, score=0.5)
    unlabeled = ended(live=VERSION, smoke=SMOKE.model_copy(update={"top": [top]}))
    assert "Top classes for sample/input.png: class 7 (0.500)." in text_of(unlabeled)


@pytest.mark.parametrize(
    ("name", "commands"),
    [
        (
            "FAILED_WRONG_DIMS",
            [
                "modeldrop logs resnet",
                "aws s3 cp s3://drops/resnet/deploy.yaml . || touch deploy.yaml",
                "aws s3 cp deploy.yaml s3://drops/resnet/deploy.yaml",
            ],
        ),
        (
            "FAILED_NAN",
            [
                "aws s3 cp s3://drops/resnet/model.pt .",
                "aws s3 cp --recursive s3://drops/resnet/sample/ sample/",
                "modeldrop inspect model.pt --run",
                "aws s3 cp model.pt s3://drops/resnet/model.pt",
            ],
        ),
        (
            "FAILED_GOLDEN",
            [
                "aws s3 cp s3://drops/resnet/model.pt .",
                "aws s3 cp --recursive s3://drops/resnet/sample/ sample/",
                "modeldrop inspect model.pt --run",
                "modeldrop invoke resnet",
                "aws s3 cp --recursive sample/ s3://drops/resnet/sample/",
                "aws s3 cp model.pt s3://drops/resnet/model.pt",
            ],
        ),
    ],
)
def test_commands_follow_the_remedy(name: str, commands: list[str]) -> None:
    assert list(render_message(DROPS[name]).commands) == commands


def test_two_answers_need_a_live_version() -> None:
    golden = DROPS["FAILED_GOLDEN"]
    without = golden.model_copy(update={"live_version": None})
    assert "modeldrop invoke resnet" not in render_message(without).commands
    queued = golden.model_copy(update={"hosting_mode": "async"})
    assert "modeldrop invoke resnet --async" in render_message(queued).commands


def test_model_that_runs_only_on_triton_is_inspected_without_a_run() -> None:
    nan = DROPS["FAILED_NAN"]
    engine = nan.source.model_copy(update={"key": "resnet/model.plan"})
    commands = render_message(nan.model_copy(update={"source": engine})).commands
    assert "modeldrop inspect model.plan" in commands


@pytest.mark.parametrize("name", DROPS)
def test_original_messages_are_the_end_of_the_email_alone(name: str) -> None:
    notification = DROPS[name]
    message, text = render_message(notification), text_of(notification)
    if notification.evidence is None:
        assert "Original messages" not in text
    else:
        assert text.endswith(f"Original messages: {notification.evidence}")
        assert notification.evidence not in message.sentence + message.summary


def test_remaining_resources_need_action() -> None:
    assert f"Not deleted: endpoint {ENDPOINT}." in text_of(DROPS["FAILED"])
    assert "billed" not in text_of(DROPS["SUCCEEDED"])
    leftover = ended(live=VERSION, remaining=["endpoint config c"])
    assert render_message(leftover).needs_action
    assert render_message(leftover).commands[-1] == "modeldrop orphans --delete"
    assert not render_message(DROPS["SUCCEEDED"]).needs_action


def test_recovered_errors_are_in_text_and_json() -> None:
    notification = DROPS["SUCCEEDED"]
    assert (
        "Recovered error at Check Endpoint: CapacityShort: AWS currently has no capacity for"
        in text_of(notification)
    )
    assert [each.model_dump() for each in notification.recovered_errors] == [
        {
            "state": "Check Endpoint",
            "error": "CapacityShort",
            "cause": "AWS currently has no capacity for ml.g4dn.xlarge.",
            "fix": "No action needed: the next instance type was tried.",
        }
    ]
    assert "Recovered error" not in text_of(DROPS["FAILED"])


def test_record_and_previous_version_are_in_the_json() -> None:
    notification = DROPS["SUCCEEDED"]
    assert (notification.record, notification.superseded_version, notification.restored) == (
        RECORD,
        OLDER,
        False,
    )


def test_restored_version() -> None:
    assert text_of(DROPS["SUCCEEDED_RESTORED"]).startswith(
        "resnet was restored to version v4 on the endpoint"
    )
    assert DROPS["SUCCEEDED_RESTORED"].restored


def test_long_subject_is_truncated() -> None:
    long = DROPS["SUCCEEDED"].model_copy(update={"model": "x" * 128})
    assert subject(render_message(long)) == "SUCCEEDED: " + "x" * 85 + "..."


if __name__ == "__main__":
    write(GOLDEN, golden())
