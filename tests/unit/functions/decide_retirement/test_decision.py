from __future__ import annotations

import pytest

from decide_retirement.current_state import CurrentState
from decide_retirement.decision import decide
from model_packager.stored import Live
from tests.unit.functions.recorded import DEPLOYED_AT
from tests.unit.functions.samples import DROPS, ENDPOINT, LATER, OLDER, VERSION, source
from workflow.contracts.retire_model import (
    DeletedObject,
    RetirementDecision,
    RetirementReason,
    RetirementRequest,
)

RETIRE, NOTICE, NOTHING = RetirementDecision
COMMAND, SCHEDULE, OBJECT_DELETED, TIME_TO_LIVE, IDLE, STUCK = RetirementReason
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


def request(
    reason: RetirementReason, version: str | None = None, **more: object
) -> RetirementRequest:
    request = {"reason": reason, "model": "resnet", "version": version} | more
    return RetirementRequest.model_validate(request)


def deleted(key: str = "resnet/model.pt", bucket: str = DROPS) -> RetirementRequest:
    return RetirementRequest(reason=OBJECT_DELETED, deleted=DeletedObject(bucket=bucket, key=key))


@pytest.mark.parametrize(
    ("request_", "state", "decision"),
    [
        (request(COMMAND), CurrentState(), NOTHING),
        (request(COMMAND), CurrentState(live=LIVE), RETIRE),
        (request(COMMAND), CurrentState(on_target=ON), RETIRE),
        (request(COMMAND), CurrentState(known=frozenset({OLDER})), RETIRE),
        (request(TIME_TO_LIVE, VERSION), CurrentState(live=LIVE), RETIRE),
        (request(TIME_TO_LIVE, OLDER), CurrentState(live=LIVE), NOTHING),
        (request(TIME_TO_LIVE, VERSION), CurrentState(), NOTHING),
        (request(IDLE, VERSION), CurrentState(live=LIVE), RETIRE),
        (request(IDLE, VERSION, notify_only=True), CurrentState(live=LIVE), NOTICE),
        (request(IDLE, LATER, notify_only=True), CurrentState(live=LIVE), NOTHING),
        (request(STUCK, VERSION), CurrentState(on_target=ON), RETIRE),
        (request(STUCK, VERSION), CurrentState(on_target=ON, verified=True), NOTHING),
        (
            request(STUCK, VERSION, target=STAGING),
            CurrentState(on_target=ON, verified=True),
            RETIRE,
        ),
        (
            request(STUCK, VERSION, notify_only=True),
            CurrentState(on_target=ON, verified=True),
            NOTICE,
        ),
        (request(COMMAND, keep_versions=True), CurrentState(live=LIVE, on_target=ON), RETIRE),
        (request(SCHEDULE, keep_versions=True), CurrentState(live=LIVE, on_target=ON), RETIRE),
        (request(COMMAND, keep_versions=True), CurrentState(live=LIVE), NOTHING),
        (request(COMMAND, keep_versions=True), CurrentState(on_target=ON), NOTHING),
        (request(STUCK, OLDER), CurrentState(on_target=ON), NOTHING),
        (request(STUCK, VERSION), CurrentState(), NOTHING),
    ],
)
def test_decision(
    request_: RetirementRequest, state: CurrentState, decision: RetirementDecision
) -> None:
    for retire_on_delete in (True, False):  # the parameter is irrelevant for these reasons
        assert decide(request_, state, retire_on_delete=retire_on_delete) is decision


@pytest.mark.parametrize(
    ("request_", "state", "retire_on_delete", "decision"),
    [
        (deleted(), CurrentState(live=LIVE), False, NOTICE),
        (deleted(), CurrentState(live=LIVE), True, RETIRE),
        (deleted(), CurrentState(live=LIVE, object_exists=True), True, NOTHING),
        (deleted(), CurrentState(), True, NOTHING),
        (deleted(key="team/resnet/model.pt"), CurrentState(live=LIVE), True, NOTHING),
        (deleted(key="resnet/model.onnx"), CurrentState(live=LIVE), True, NOTHING),
        (deleted(bucket="another"), CurrentState(live=LIVE), True, NOTHING),
    ],
)
def test_decision_on_a_deleted_drop(
    request_: RetirementRequest,
    state: CurrentState,
    retire_on_delete: bool,
    decision: RetirementDecision,
) -> None:
    assert decide(request_, state, retire_on_delete=retire_on_delete) is decision
