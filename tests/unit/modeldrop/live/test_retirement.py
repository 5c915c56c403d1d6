"""The requests to the retire workflow. tests/workflow/test_retire.py tests the results."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from modeldrop.errors import UsageError
from modeldrop.live.retirement import Command, retire, start

if TYPE_CHECKING:
    from boto3 import Session


@pytest.mark.parametrize("command", ["delete", "sleep"])
def test_request_names_model_reason_and_time(session: Session, command: Command) -> None:
    stepfunctions = session.client("stepfunctions")
    machine = stepfunctions.create_state_machine(
        name="retire-model",
        definition='{"StartAt": "A"}',
        roleArn="arn:aws:iam::123456789012:role/retire-model",
    )["stateMachineArn"]
    arn = start(stepfunctions, machine, "resnet", command, datetime(2026, 8, 1, 15, tzinfo=UTC))
    assert arn.endswith(f":resnet-{command}-20260801T150000Z-000000")
    assert json.loads(stepfunctions.describe_execution(executionArn=arn)["input"]) == {
        "retire": {"model": "resnet", "reason": "COMMAND"}
        | ({"keep_versions": True} if command == "sleep" else {}),
        "time": "2026-08-01T15:00:00+00:00",
    }


@pytest.mark.parametrize("name", ["resnet/20260801T151224Z-3f9a1c2b", "", "a b"])
def test_invalid_name_is_rejected_before_any_request(session: Session, name: str) -> None:
    with pytest.raises(UsageError):
        retire(session, {}, name)
