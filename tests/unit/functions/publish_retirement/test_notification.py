"""The notification of a retirement, as text. Run as a module, this writes golden/ anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from publish_retirement.notification import RetirementNotification
from publish_retirement.rendering import letter
from tests.unit.functions.given import ENDPOINT, VERSION
from tests.unit.functions.goldens import papers, write
from tests.unit.functions.publish_retirement.ended_retirements import (
    FAILURE,
    REMOVED,
    RETIREMENTS,
    STAGING,
    ended,
)
from workflow.contracts.retire_model import (
    DeletedObject,
    RetirementReason,
    RetirementRequest,
    RetirementStatus,
)
from workflow.notify.email import mail, subject, words

GOLDEN = Path(__file__).with_name("golden")


def golden() -> dict[str, str]:
    files: dict[str, str] = {}
    for name, told in RETIREMENTS.items():
        files |= papers(name, letter(told), told)
    return files


def said(told: RetirementNotification) -> str:
    return " ".join(words(letter(told)).split())


def test_texts_are_the_golden_ones() -> None:
    stored = {file.name: file.read_text(encoding="utf-8") for file in GOLDEN.iterdir()}
    assert golden() == stored, f"PYTHONPATH=functions:. python -m {__spec__.name}"


def test_every_status_and_reason_has_a_golden_file() -> None:
    assert {told.status for told in RETIREMENTS.values()} == set(RetirementStatus)
    assert {told.reason for told in RETIREMENTS.values()} == set(RetirementReason)


@pytest.mark.parametrize("name", RETIREMENTS)
def test_body_is_a_sentence_then_json(name: str) -> None:
    told = RETIREMENTS[name]
    body = mail(letter(told), told)
    assert body.startswith(told.model)
    assert RetirementNotification.model_validate(json.loads(body[body.rindex("\n\n{") :])) == told


def test_retired() -> None:
    told = RETIREMENTS["RETIRED_IDLE"]
    assert subject(letter(told)) == "RETIRED: resnet is retired"
    assert said(told).startswith(
        f"resnet was retired from the endpoint {ENDPOINT}: It has had no request in the last 24 "
        f"hours. What happened: - Removed: {', '.join(REMOVED)}. What serves now: - Nothing serves "
        f"on {ENDPOINT}. What to do next: - Nothing to do. To have it back, drop it again."
    )
    assert letter(told).commands == (
        "aws s3 cp s3://drops/resnet/model.pt s3://drops/resnet/model.pt --metadata-directive "
        "REPLACE",
    )


def test_what_was_deleted_cannot_be_dropped_as_it_is() -> None:
    assert letter(RETIREMENTS["RETIRED_OBJECT_DELETED"]).commands == ()


def test_notice_says_what_it_leaves_to_people() -> None:
    told = RETIREMENTS["NOTICE_IDLE"]
    assert subject(letter(told)) == "NOTICE: resnet: nobody uses it"
    assert letter(told).needs_action
    assert letter(told).commands == ("modeldrop status resnet", "modeldrop delete resnet")
    assert f"Version {VERSION} serves on {ENDPOINT}, since 2026-08-01 15:16 UTC." in said(told)
    assert letter(RETIREMENTS["NOTICE_STUCK"]).commands[0] == "modeldrop logs resnet"


def test_failure_names_what_remains() -> None:
    told = RETIREMENTS["FAILED"]
    assert subject(letter(told)) == "FAILED: resnet could not be retired"
    assert (told.failed_state, told.error) == ("Retire Model", "RetirementTimedOut")
    assert said(told).startswith(f"resnet could not be retired, at Retire Model: {FAILURE.cause}")
    assert f"billed until it is: endpoint {ENDPOINT}." in said(told)
    assert "modeldrop delete resnet" in letter(told).commands


def test_staging_endpoint_is_not_the_model() -> None:
    told = RETIREMENTS["RETIRED_STAGING"]
    assert subject(letter(told)) == "RETIRED: resnet staging is retired"
    assert f"from the staging endpoint {STAGING}: " in said(told)
    assert f"Version {VERSION} serves on {ENDPOINT}" in said(told)


def test_deleted_object_stands_for_a_model_that_is_not_known() -> None:
    told = RETIREMENTS["FAILED_UNKNOWN_MODEL"]
    assert (told.model, told.status) == ("cat/model.pt", RetirementStatus.FAILED)
    assert "Nothing serves on this name." in said(told)
    assert letter(told).commands == ()


def test_name_of_a_deleted_object_is_quoted_for_the_shell() -> None:
    key = "x; rm -rf ~/model.pt"
    request = RetirementRequest(
        reason=RetirementReason.OBJECT_DELETED, deleted=DeletedObject(bucket="drops", key=key)
    )
    told = ended(RetirementReason.OBJECT_DELETED, request=request, retirement=None, failure=FAILURE)
    assert told.fix.endswith(f"modeldrop delete '{key}'")


if __name__ == "__main__":
    write(GOLDEN, golden())
