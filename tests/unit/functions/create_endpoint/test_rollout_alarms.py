from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from create_endpoint.rollout_alarms import put_alarms
from model_packager.sagemaker.deployment_guardrails import alarm_names, alarm_requests
from model_packager.spec.operation_spec import Rollout
from tests.unit.functions.samples import CONFIG, ENDPOINT
from workflow.aws.alarm_removal import remove_alarms
from workflow.aws.clients import cloudwatch

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.usefixtures("aws")

CANARY = Rollout(strategy="canary", max_p95_ms=20)


def alarms() -> dict[str, Mapping[str, object]]:
    return {each["AlarmName"]: each for each in cloudwatch().describe_alarms()["MetricAlarms"]}


def test_plain_update_has_none() -> None:
    assert put_alarms(ENDPOINT, CONFIG, Rollout()) == []
    assert alarms() == {}


def test_alarms_are_created_as_requested() -> None:
    names = put_alarms(ENDPOINT, CONFIG, CANARY)
    assert set(alarms()) == set(names) == set(alarm_names(CONFIG))
    for request in alarm_requests(CANARY, ENDPOINT, CONFIG):
        assert alarms()[request["AlarmName"]].items() >= request.items()


def test_second_call_changes_nothing() -> None:
    assert put_alarms(ENDPOINT, CONFIG, CANARY) == put_alarms(ENDPOINT, CONFIG, CANARY)
    assert len(alarms()) == 2


def test_only_alarms_of_the_rollout_are_deleted() -> None:
    put_alarms(ENDPOINT, CONFIG, CANARY)
    put_alarms(ENDPOINT, f"{CONFIG}-other", Rollout(strategy="canary"))
    remove_alarms(CONFIG)
    remove_alarms(CONFIG)
    assert set(alarms()) == {alarm_names(f"{CONFIG}-other")[0]}
