from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_packager.sagemaker.endpoint_alarm import endpoint_alarm_name, endpoint_alarm_request
from model_packager.spec.hosting_mode import HostingMode
from scale_endpoint.endpoint_alarm import update_alarm
from tests.unit.functions.samples import ACCOUNT, DEPLOYMENT, ENDPOINT, REGION, source
from workflow.aws.alarm_removal import remove_endpoint_alarm
from workflow.aws.clients import cloudwatch
from workflow.contracts.deploy_model import ScaleEndpointInput
from workflow.settings import ScaleEndpointSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.usefixtures("aws")

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:results"
ALL = ScaleEndpointSettings(
    alarms="all",
    endpoint_error_limit=3,
    topic_arn=TOPIC,
    deploy_model_arn="unused",
    retire_model_arn="unused",
    schedule_role_arn="unused",
)
NONE = ALL.model_copy(update={"alarms": "none"})


def event(**tags: str) -> ScaleEndpointInput:
    return ScaleEndpointInput(
        deployment=DEPLOYMENT,
        source=source("abc"),
        schedule=None,
        hosting_mode=HostingMode(),
        autoscaling=None,
        tags=tags,
    )


def alarms() -> dict[str, Mapping[str, object]]:
    return {each["AlarmName"]: each for each in cloudwatch().describe_alarms()["MetricAlarms"]}


def tags() -> dict[str, str]:
    arn = str(alarms()[endpoint_alarm_name(ENDPOINT)]["AlarmArn"])
    found = cloudwatch().list_tags_for_resource(ResourceARN=arn)["Tags"]
    return {each["Key"]: each["Value"] for each in found}


def test_alarm_has_the_requested_limit() -> None:
    update_alarm(event(), ALL)
    wanted = endpoint_alarm_request(ENDPOINT, "resnet", limit=3, topic_arn=TOPIC)
    assert list(alarms()) == [endpoint_alarm_name(ENDPOINT)]
    assert alarms()[endpoint_alarm_name(ENDPOINT)].items() >= wanted.items()


def test_next_version_updates_limit_and_tags() -> None:
    update_alarm(event(team="vision"), ALL)
    update_alarm(event(team="audio"), ALL.model_copy(update={"endpoint_error_limit": 7}))
    assert alarms()[endpoint_alarm_name(ENDPOINT)]["Threshold"] == 7
    assert tags() == {"modeldrop:model": "resnet", "team": "audio"}


def test_stack_without_alarms_deletes_it() -> None:
    update_alarm(event(), ALL)
    update_alarm(event(), NONE)
    update_alarm(event(), NONE)
    assert alarms() == {}


def test_alarm_is_deleted_idempotently() -> None:
    update_alarm(event(), ALL)
    cloudwatch().put_metric_alarm(
        AlarmName=f"{ENDPOINT}-50-live-5xx",
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    remove_endpoint_alarm(ENDPOINT)
    remove_endpoint_alarm(ENDPOINT)
    assert list(alarms()) == [f"{ENDPOINT}-50-live-5xx"]
