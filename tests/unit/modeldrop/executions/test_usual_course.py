"""The usual course of a model's deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modeldrop.executions.usual_course import UsualCourse, usual_course

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@pytest.mark.parametrize(
    ("shortest", "longest", "text"),
    [
        (24.7, 31.2, "usually 24–32 s"),  # noqa: RUF001
        (30, 30, "usually 30 s"),
        (240, 471, "usually 4–8 min"),  # noqa: RUF001
        (296, 300, "usually 5 min"),
    ],
)
def test_duration_is_in_seconds_or_minutes(shortest: float, longest: float, text: str) -> None:
    assert str(UsualCourse(12, shortest, longest)) == text


def test_nothing_is_known_without_a_deployment_that_succeeded(
    stepfunctions: SFNClient, machine: str
) -> None:
    running = stepfunctions.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
    assert usual_course(stepfunctions, [running, f"{running}-gone"]) is None
    assert usual_course(stepfunctions, []) is None
