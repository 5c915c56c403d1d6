"""The notification of a retirement, as text. Run as a module, this rewrites golden/."""

from __future__ import annotations

from pathlib import Path

import pytest

from publish_retirement.notification import RetirementNotification
from publish_retirement.rendering import render_message
from tests.unit.functions.goldens import golden_files, write
from tests.unit.functions.publish_retirement.ended_retirements import (
    EXECUTION,
    FAILURE,
    REMOVED,
    RETIREMENTS,
    STAGING,
    ended,
)
from tests.unit.functions.samples import ENDPOINT, VERSION
from workflow.contracts.retire_model import (
    DeletedObject,
    RetirementReason,
    RetirementRequest,
    RetirementStatus,
)
from workflow.notify.email import email_text, subject
from workflow.notify.message_size import bounded_content

GOLDEN = Path(__file__).with_name("golden")


def golden() -> dict[str, str]:
    files: dict[str, str] = {}
    for name, notification in RETIREMENTS.items():
        files |= golden_files(name, render_message(notification), notification)
    return files


def text_of(notification: RetirementNotification) -> str:
    return " ".join(email_text(render_message(notification)).split())


def test_texts_match_the_golden_files() -> None:
    stored = {file.name: file.read_text(encoding="utf-8") for file in GOLDEN.iterdir()}
    assert golden() == stored, f"PYTHONPATH=functions:. python -m {__spec__.name}"


def test_every_status_and_reason_has_a_golden_file() -> None:
    assert {notification.status for notification in RETIREMENTS.values()} == set(RetirementStatus)
    assert {notification.reason for notification in RETIREMENTS.values()} == set(RetirementReason)


@pytest.mark.parametrize("name", RETIREMENTS)
def test_email_begins_with_the_model_and_has_no_json(name: str) -> None:
    notification = RETIREMENTS[name]
    body = email_text(render_message(notification))
    assert notification.model in body.splitlines()[0]
    assert "{" not in body
    assert RetirementNotification.model_validate(bounded_content(notification)) == notification


def test_retired() -> None:
    notification = RETIREMENTS["RETIRED_IDLE"]
    assert subject(render_message(notification)) == "RETIRED: resnet was retired"
    assert text_of(notification).startswith(
        f"resnet was retired from the endpoint {ENDPOINT}: It has had no requests in the last 24 "
        f"hours. What happened: - Version v4 ({VERSION}) was live until then. - Deleted: "
        f"{', '.join(REMOVED)}. Live version: - No version is live on {ENDPOINT}. "
        "Next steps: - No action needed. To deploy the model again, upload it again."
    )
    assert render_message(notification).commands == (
        "aws s3 cp s3://drops/resnet/model.pt s3://drops/resnet/model.pt --metadata-directive "
        "REPLACE",
    )


def test_deleted_object_cannot_be_redeployed() -> None:
    assert render_message(RETIREMENTS["RETIRED_OBJECT_DELETED"]).commands == ()


def test_notice_has_next_steps() -> None:
    notification = RETIREMENTS["NOTICE_IDLE"]
    assert subject(render_message(notification)) == "NOTICE: resnet is idle"
    assert render_message(notification).needs_action
    assert render_message(notification).commands == (
        "modeldrop status resnet",
        "modeldrop delete resnet",
    )
    assert (
        f"Version v4 ({VERSION}) has been live on {ENDPOINT} since 2026-08-01 15:16 UTC."
        in text_of(notification)
    )
    assert render_message(RETIREMENTS["NOTICE_STUCK"]).commands[0] == "modeldrop logs resnet"


def test_failure_names_what_remains() -> None:
    notification = RETIREMENTS["FAILED"]
    assert subject(render_message(notification)) == "FAILED: resnet could not be retired"
    assert (notification.failed_state, notification.error) == ("Retire Model", "RetirementTimedOut")
    assert text_of(notification).startswith(
        f"resnet could not be retired (Retire Model failed): {FAILURE.cause}"
    )
    assert f"Not deleted: endpoint {ENDPOINT}." in text_of(notification)
    assert "modeldrop delete resnet" in render_message(notification).commands


def test_staging_endpoint_is_not_the_model() -> None:
    notification = RETIREMENTS["RETIRED_STAGING"]
    assert (
        subject(render_message(notification))
        == "RETIRED: the staging endpoint of resnet was deleted"
    )
    assert f"The staging endpoint {STAGING} of resnet was deleted: " in text_of(notification)
    assert f"Version v4 ({VERSION}) has been live on {ENDPOINT}" in text_of(notification)


def test_deleted_key_replaces_an_unknown_model() -> None:
    notification = RETIREMENTS["FAILED_UNKNOWN_MODEL"]
    assert (notification.model, notification.status) == ("cat/model.pt", RetirementStatus.FAILED)
    assert "No version is live under this name." in text_of(notification)
    assert render_message(notification).commands == ()


def test_deleted_key_is_not_offered_as_a_model_name() -> None:
    key = "x; rm -rf ~/model.pt"
    request = RetirementRequest(
        reason=RetirementReason.OBJECT_DELETED, deleted=DeletedObject(bucket="drops", key=key)
    )
    notification = ended(
        RetirementReason.OBJECT_DELETED, request=request, retirement=None, failure=FAILURE
    )
    assert notification.fix.endswith("retire the model again: modeldrop delete NAME.")
    assert render_message(notification).commands == ()


@pytest.mark.parametrize("name", RETIREMENTS)
def test_commands_are_those_of_the_stack_and_appear_once(name: str) -> None:
    arn = EXECUTION.replace("modeldrop-retire-model", "models-eu-retire-model")
    notification = RETIREMENTS[name].model_copy(update={"execution_arn": arn})
    commands = [each.split() for each in render_message(notification).commands]
    ours = [words for words in commands if words[0] == "modeldrop"]
    text = text_of(notification)
    assert all("--stack models-eu" in " ".join(words) for words in ours)
    assert all(text.count(f"modeldrop {words[1]} ") == 1 for words in ours)


if __name__ == "__main__":
    write(GOLDEN, golden())
