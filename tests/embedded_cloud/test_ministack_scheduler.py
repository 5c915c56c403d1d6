"""The behavior of MiniStack's EventBridge Scheduler that we need: role, time zone and input."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from botocore.exceptions import ClientError

from model_packager.executions.inputs import SCHEDULED_TIME
from modeldrop.local.ministack.in_process.schedules import next_time
from tests.waiting import eventually

if TYPE_CHECKING:
    import boto3

ACCOUNT = "000000000000"
PASS = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}


def create_role(aws: boto3.Session, service: str, resource: str | None) -> str:
    iam, name = aws.client("iam"), f"r-{uuid.uuid4().hex}"
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    arn: str = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )["Role"]["Arn"]
    if resource is not None:
        statement = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": resource}
        iam.put_role_policy(
            RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Statement": [statement]})
        )
    return arn


@pytest.fixture
def machine(aws: boto3.Session) -> str:
    role = create_role(aws, "states.amazonaws.com", None)
    return aws.client("stepfunctions").create_state_machine(
        name=f"m-{uuid.uuid4().hex}", definition=json.dumps(PASS), roleArn=role
    )["stateMachineArn"]


def create(aws: boto3.Session, machine: str, role: str, **changed: Any) -> None:
    request: dict[str, Any] = {
        "Name": f"s-{uuid.uuid4().hex}",
        "ScheduleExpression": "at(2026-01-01T00:00:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": machine, "RoleArn": role, "Input": json.dumps({"at": SCHEDULED_TIME})},
    }
    aws.client("scheduler").create_schedule(**(request | changed))


def inputs(aws: boto3.Session, machine: str) -> list[dict[str, str]]:
    stepfunctions = aws.client("stepfunctions")
    listed = stepfunctions.list_executions(stateMachineArn=machine)["executions"]
    found = (stepfunctions.describe_execution(executionArn=e["executionArn"]) for e in listed)
    return [json.loads(each["input"]) for each in found]


def test_due_schedule_starts_an_execution_with_the_time(aws: boto3.Session, machine: str) -> None:
    create(aws, machine, create_role(aws, "scheduler.amazonaws.com", machine))
    assert eventually(lambda: bool(inputs(aws, machine)), 60)
    (content,) = inputs(aws, machine)
    assert abs(datetime.now(UTC) - datetime.fromisoformat(content["at"])).total_seconds() < 600


def test_role_without_the_permission_starts_nothing(aws: boto3.Session, machine: str) -> None:
    create(aws, machine, create_role(aws, "scheduler.amazonaws.com", None))
    create(aws, machine, create_role(aws, "scheduler.amazonaws.com", machine))
    # The second schedule is due after the first.
    assert eventually(lambda: bool(inputs(aws, machine)), 60)
    assert len(inputs(aws, machine)) == 1


@pytest.mark.parametrize(
    ("service", "zone", "words"),
    [
        ("lambda.amazonaws.com", "UTC", "must allow AWS EventBridge Scheduler to assume the role"),
        ("scheduler.amazonaws.com", "Mars/Base", "Invalid ScheduleExpressionTimezone"),
    ],
)
def test_refused_schedules(
    aws: boto3.Session, machine: str, service: str, zone: str, words: str
) -> None:
    role = create_role(aws, service, machine)
    with pytest.raises(ClientError, match=words):
        create(aws, machine, role, ScheduleExpressionTimezone=zone)


def test_cron_times_are_in_the_time_zone() -> None:
    def at_seven(_fields: object, after: datetime) -> datetime:
        return after.replace(hour=7, minute=0)

    schedule = {"ScheduleExpressionTimezone": "Europe/Berlin"}
    found = next_time(at_seven, None, datetime(2026, 7, 1, tzinfo=UTC), schedule)
    assert found == datetime(2026, 7, 1, 7, tzinfo=ZoneInfo("Europe/Berlin"))
    assert found == datetime(2026, 7, 1, 5, tzinfo=UTC)
