from __future__ import annotations

import json

import pytest

from model_packager.executions.inputs import SCHEDULED_TIME
from model_packager.spec.hosting_mode import HostingMode
from model_packager.spec.schedule import Schedule
from scale_endpoint.sleep_schedule import update_schedules
from tests.unit.functions.samples import ACCOUNT, DEPLOYMENT, ENDPOINT, REGION, VERSION, source
from workflow.aws.clients import scheduler
from workflow.aws.schedules import remove_schedules
from workflow.contracts.deploy_model import ScaleEndpointInput
from workflow.settings import ScaleEndpointSettings

pytestmark = pytest.mark.usefixtures("aws")

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:modeldrop"
SETTINGS = ScaleEndpointSettings(
    alarms="none",
    endpoint_error_limit=0,
    topic_arn="unused",
    deploy_model_arn=f"{MACHINE}-deploy-model",
    retire_model_arn=f"{MACHINE}-retire-model",
    schedule_role_arn=f"arn:aws:iam::{ACCOUNT}:role/schedule",
)
NIGHTS = Schedule(sleep="0 19 * * mon-fri", wake="0 7 * * mon-fri", timezone="Europe/Berlin")


def event(schedule: Schedule | None) -> ScaleEndpointInput:
    return ScaleEndpointInput(
        deployment=DEPLOYMENT,
        source=source("abc"),
        schedule=schedule,
        hosting_mode=HostingMode(),
        autoscaling=None,
        tags={},
    )


def names() -> list[str]:
    return sorted(each["Name"] for each in scheduler().list_schedules()["Schedules"])


def test_schedules_start_the_two_state_machines() -> None:
    update_schedules(event(NIGHTS), SETTINGS)
    assert names() == [f"{ENDPOINT}-sleep", f"{ENDPOINT}-wake"]
    sleep, wake = (scheduler().get_schedule(Name=name) for name in names())
    assert sleep["ScheduleExpression"] == "cron(0 19 ? * MON-FRI *)"
    assert wake["ScheduleExpression"] == "cron(0 7 ? * MON-FRI *)"
    assert wake["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert sleep["Target"]["Arn"] == SETTINGS.retire_model_arn
    assert wake["Target"]["Arn"] == SETTINGS.deploy_model_arn
    assert wake["Target"]["RoleArn"] == SETTINGS.schedule_role_arn
    assert json.loads(sleep["Target"]["Input"])["retire"]["reason"] == "SCHEDULE"
    woken = json.loads(wake["Target"]["Input"])
    assert (woken["restore"], woken["wake"], woken["time"]) == (VERSION, True, SCHEDULED_TIME)


def test_next_version_replaces_them() -> None:
    update_schedules(event(NIGHTS), SETTINGS)
    update_schedules(event(NIGHTS.model_copy(update={"wake": "0 6 * * *"})), SETTINGS)
    wake = scheduler().get_schedule(Name=f"{ENDPOINT}-wake")
    assert wake["ScheduleExpression"] == "cron(0 6 * * ? *)"


def test_version_without_a_schedule_removes_them() -> None:
    update_schedules(event(NIGHTS), SETTINGS)
    update_schedules(event(None), SETTINGS)
    assert names() == []
    remove_schedules(ENDPOINT)  # idempotent
