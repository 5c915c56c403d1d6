from __future__ import annotations

import pytest

from decide_retirement.current_state import Found
from decide_retirement.decision import decide
from model_packager.stored import Live
from tests.unit.functions.given import DROPS, ENDPOINT, LATER, OLDER, VERSION, source
from tests.unit.functions.recorded import DEPLOYED_AT
from workflow.contracts.retire_model import (
    DeletedObject,
    RetirementDecision,
    RetirementReason,
    RetirementRequest,
)

RETIRE, NOTICE, NOTHING = RetirementDecision
COMMAND, OBJECT_DELETED, TIME_TO_LIVE, IDLE, STUCK = RetirementReason
LIVE = Live(
    model="resnet",
    version=VERSION,
    endpoint=ENDPOINT,
    source=source("abc"),
    since=DEPLOYED_AT,
    record="",
)
ON = frozenset({VERSION})
STAGING = f"{ENDPOINT}-{VERSION}"


def asked(
    reason: RetirementReason, version: str | None = None, **more: object
) -> RetirementRequest:
    given = {"reason": reason, "model": "resnet", "version": version} | more
    return RetirementRequest.model_validate(given)


def deleted(key: str = "resnet/model.pt", bucket: str = DROPS) -> RetirementRequest:
    return RetirementRequest(reason=OBJECT_DELETED, deleted=DeletedObject(bucket=bucket, key=key))


@pytest.mark.parametrize(
    ("request_", "found", "decision"),
    [
        (asked(COMMAND), Found(), NOTHING),
        (asked(COMMAND), Found(live=LIVE), RETIRE),
        (asked(COMMAND), Found(on_target=ON), RETIRE),
        (asked(COMMAND), Found(known=frozenset({OLDER})), RETIRE),
        (asked(TIME_TO_LIVE, VERSION), Found(live=LIVE), RETIRE),
        (asked(TIME_TO_LIVE, OLDER), Found(live=LIVE), NOTHING),
        (asked(TIME_TO_LIVE, VERSION), Found(), NOTHING),
        (asked(IDLE, VERSION), Found(live=LIVE), RETIRE),
        (asked(IDLE, VERSION, only_tell=True), Found(live=LIVE), NOTICE),
        (asked(IDLE, LATER, only_tell=True), Found(live=LIVE), NOTHING),
        (asked(STUCK, VERSION), Found(on_target=ON), RETIRE),
        (asked(STUCK, VERSION), Found(on_target=ON, verified=True), NOTHING),
        (asked(STUCK, VERSION, target=STAGING), Found(on_target=ON, verified=True), RETIRE),
        (asked(STUCK, VERSION, only_tell=True), Found(on_target=ON, verified=True), NOTICE),
        (asked(STUCK, OLDER), Found(on_target=ON), NOTHING),
        (asked(STUCK, VERSION), Found(), NOTHING),
    ],
)
def test_decision(request_: RetirementRequest, found: Found, decision: RetirementDecision) -> None:
    for retire_on_delete in (True, False):  # has no say in these
        assert decide(request_, found, retire_on_delete=retire_on_delete) is decision


@pytest.mark.parametrize(
    ("request_", "found", "retire_on_delete", "decision"),
    [
        (deleted(), Found(live=LIVE), False, NOTICE),
        (deleted(), Found(live=LIVE), True, RETIRE),
        (deleted(), Found(live=LIVE, dropped_again=True), True, NOTHING),
        (deleted(), Found(), True, NOTHING),
        (deleted(key="team/resnet/model.pt"), Found(live=LIVE), True, NOTHING),
        (deleted(key="resnet/model.onnx"), Found(live=LIVE), True, NOTHING),
        (deleted(bucket="another"), Found(live=LIVE), True, NOTHING),
    ],
)
def test_decision_on_a_deleted_drop(
    request_: RetirementRequest,
    found: Found,
    retire_on_delete: bool,
    decision: RetirementDecision,
) -> None:
    assert decide(request_, found, retire_on_delete=retire_on_delete) is decision
