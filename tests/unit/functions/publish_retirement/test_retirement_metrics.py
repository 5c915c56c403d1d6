from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.stored import CaughtError
from publish_retirement.notification import build_notification
from publish_retirement.retirement_metrics import record
from tests.unit.functions.emitted import emitted, values
from tests.unit.functions.samples import EXECUTION, REGION
from workflow.contracts.retire_model import (
    PublishRetirementInput,
    RetirementDecision,
    RetirementReason,
    RetirementRequest,
)
from workflow.notify.message import LiveState

if TYPE_CHECKING:
    import pytest


def counted(decision: RetirementDecision, failure: CaughtError | None = None) -> None:
    event = PublishRetirementInput(
        request=RetirementRequest(reason=RetirementReason.COMMAND, model="resnet"),
        execution_arn=EXECUTION,
        decision=decision,
        retirement=None,
        failure=failure,
        removed=[],
        remaining=[],
    )
    record(build_notification(event, live=LiveState(), region=REGION))


def test_retirements_are_counted_by_status(capsys: pytest.CaptureFixture[str]) -> None:
    failure = CaughtError(state="Retire Model", error="RetirementTimedOut", cause="It is busy.")
    counted(RetirementDecision.RETIRE)
    counted(RetirementDecision.NOTICE)
    counted(RetirementDecision.RETIRE, failure)
    lines = emitted(capsys)
    assert values(lines, "Retirements", "Status") == {"RETIRED": 1, "NOTICE": 1, "FAILED": 1}
    assert {(line["model"], line["execution_arn"]) for line in lines} == {("resnet", EXECUTION)}
    assert (lines[-1]["failed_state"], lines[-1]["error"]) == ("Retire Model", "RetirementTimedOut")
