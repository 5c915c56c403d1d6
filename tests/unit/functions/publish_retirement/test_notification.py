from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publish_retirement.notification import (
    RetirementNotification,
    message,
    notification,
    subject,
)
from tests.unit.functions.given import CONFIG, ENDPOINT, EXECUTION, REGION, VERSION, source
from workflow.contracts import (
    DeletedObject,
    Failure,
    PublishRetirementInput,
    Retirement,
    RetirementDecision,
    RetirementReason,
    RetirementRequest,
    RetirementStatus,
)
from workflow.notification_text import SUBJECT_LIMIT

RETIREMENT = Retirement(
    model="resnet",
    endpoint=ENDPOINT,
    target=ENDPOINT,
    version=VERSION,
    source=source("abc"),
    because="It has had no request in the last 24 hours.",
    until=None,
)
FAILURE = Failure(
    state="Retire Model",
    error="RetirementTimedOut",
    cause="The endpoint could still not be deleted after 3600 seconds.",
)


def told(
    decision: RetirementDecision | None = RetirementDecision.RETIRE,
    reason: RetirementReason = RetirementReason.IDLE,
    live_version: str | None = None,
    **changed: Any,
) -> RetirementNotification:
    known = {
        "request": RetirementRequest(reason=reason, model="resnet"),
        "execution_arn": EXECUTION,
        "decision": decision,
        "retirement": RETIREMENT,
        "failure": None,
        "removed": [],
        "remaining": [],
    }
    given = PublishRetirementInput.model_validate(known | changed)
    return notification(given, live_version=live_version, region=REGION)


def words(content: RetirementNotification) -> list[str]:
    return message(content).partition("\n\n{")[0].splitlines()


def test_retired() -> None:
    content = told(removed=[f"endpoint {ENDPOINT}", f"version {VERSION}"])
    assert subject(content) == "RETIRED: resnet is retired"
    assert words(content) == [
        f"resnet was retired from the endpoint {ENDPOINT}: {RETIREMENT.because}",
        "Nothing to do. To have it back, drop it again.",
        f"Now nothing serves on {ENDPOINT}.",
    ]


def test_notice() -> None:
    content = told(RetirementDecision.NOTICE, live_version=VERSION)
    assert subject(content) == "NOTICE: resnet: nobody uses it"
    assert words(content) == [
        f"resnet, on the endpoint {ENDPOINT}: {RETIREMENT.because}",
        "What to do: It stays, and is billed. To retire it: modeldrop delete resnet",
        f"Now version {VERSION} serves on {ENDPOINT}.",
    ]


def test_failure_names_what_remains() -> None:
    content = told(failure=FAILURE, remaining=[f"endpoint {ENDPOINT}"], live_version=VERSION)
    assert subject(content) == "FAILED: resnet could not be retired"
    assert (content.failed_state, content.error) == ("Retire Model", "RetirementTimedOut")
    lines = words(content)
    assert lines[0] == f"resnet could not be retired, at Retire Model: {FAILURE.cause}"
    assert "modeldrop delete resnet" in lines[1]
    assert f"billed until it is: endpoint {ENDPOINT}." in lines[2]


def test_staging_endpoint_is_not_the_model() -> None:
    staging = RETIREMENT.model_copy(update={"target": CONFIG})
    content = told(retirement=staging, reason=RetirementReason.STUCK, live_version=VERSION)
    assert subject(content) == "RETIRED: resnet staging is retired"
    assert f"from the staging endpoint {CONFIG}: " in words(content)[0]
    assert words(content)[-1] == f"Now version {VERSION} serves on {ENDPOINT}."


def test_deleted_object_stands_for_a_model_that_is_not_known() -> None:
    request = RetirementRequest(
        reason=RetirementReason.OBJECT_DELETED,
        deleted=DeletedObject(bucket="drops", key="cat/model.pt"),
    )
    content = told(None, request=request, retirement=None, failure=FAILURE)
    assert (content.model, content.status) == ("cat/model.pt", RetirementStatus.FAILED)
    assert words(content)[-1] == "Now nothing serves on this name."


@pytest.mark.parametrize("reason", RetirementReason)
@pytest.mark.parametrize("decision", [RetirementDecision.RETIRE, RetirementDecision.NOTICE])
def test_body_is_a_sentence_then_json(
    decision: RetirementDecision, reason: RetirementReason
) -> None:
    content = told(decision, reason)
    body = message(content)
    assert body.startswith("resnet")
    assert (
        RetirementNotification.model_validate(json.loads(body[body.rindex("\n\n{") :])) == content
    )


@given(st.sampled_from(RetirementReason), st.text(max_size=300))
def test_any_subject_is_one_that_sns_takes(reason: RetirementReason, model: str) -> None:
    line = subject(told(RetirementDecision.NOTICE, reason).model_copy(update={"model": model}))
    assert len(line) <= SUBJECT_LIMIT
    assert line.isascii()
    assert line.isprintable()
