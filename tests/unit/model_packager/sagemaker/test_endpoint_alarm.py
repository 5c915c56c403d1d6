import pytest

from model_packager.names.endpoint import endpoint_name, resource_name
from model_packager.sagemaker.deployment_guardrails import alarm_names
from model_packager.sagemaker.endpoint_alarm import (
    endpoint_alarm_name,
    endpoint_alarm_request,
    watched_endpoint,
)
from tests.unit.model_packager.botocore_requests import problems_of

TOPIC = "arn:aws:sns:us-east-1:123456789012:results"
CONFIG = resource_name("modeldrop-resnet", "20260801T151224Z-3f9a1c2b")


def test_botocore_accepts_the_request() -> None:
    longest = "m" * 128
    request = endpoint_alarm_request(
        endpoint_name("modeldrop", longest), longest, limit=10**9, topic_arn=TOPIC
    )
    assert problems_of("cloudwatch", "PutMetricAlarm", request) == []
    assert request["AlarmActions"] == [TOPIC]


def test_more_errors_than_the_limit_raise_the_alarm() -> None:
    alarm = endpoint_alarm_request("modeldrop-cat", "cat", limit=5, topic_arn=TOPIC)
    assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
        "Sum",
        "GreaterThanThreshold",
        5,
    )
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (300, 1)
    assert alarm["TreatMissingData"] == "notBreaching"


def test_the_description_has_cause_and_fix() -> None:
    text = endpoint_alarm_request("modeldrop-cat", "cat", limit=5, topic_arn=TOPIC)[
        "AlarmDescription"
    ]
    assert "modeldrop-cat returned more than 5 responses with status 5XX within 5 minutes" in text
    assert "modeldrop rollback cat" in text
    # The metric counts both kinds of requests, so the text must mention both.
    assert "to clients or to a smoke test" in text
    assert len(text) <= 1024  # PutMetricAlarm, AlarmDescription


@pytest.mark.parametrize("model", ["cat", "cat-live-5xx", "5xx"])
def test_the_alarm_name_gives_the_endpoint(model: str) -> None:
    endpoint = endpoint_name("modeldrop", model)
    assert watched_endpoint(endpoint_alarm_name(endpoint)) == endpoint


@pytest.mark.parametrize("alarm", [*alarm_names(CONFIG), "modeldrop-by-hand-5xx", "somebody's"])
def test_other_alarms_give_no_endpoint(alarm: str) -> None:
    assert watched_endpoint(alarm) is None
