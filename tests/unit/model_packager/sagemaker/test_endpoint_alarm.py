import pytest

from model_packager.names import endpoint_name, resource_name
from model_packager.sagemaker.deployment_guardrails import alarm_names
from model_packager.sagemaker.endpoint_alarm import (
    endpoint_alarm_name,
    endpoint_alarm_request,
    watched_endpoint,
)
from tests.unit.model_packager.botocore_requests import problems_of

TOPIC = "arn:aws:sns:us-east-1:123456789012:results"
CONFIG = resource_name("modeldrop-resnet", "20260801T151224Z-3f9a1c2b")


def test_request_is_one_that_cloudwatch_takes() -> None:
    longest = "m" * 128
    request = endpoint_alarm_request(
        endpoint_name("modeldrop", longest), longest, limit=10**9, topic_arn=TOPIC
    )
    assert problems_of("cloudwatch", "PutMetricAlarm", request) == []
    assert request["AlarmActions"] == [TOPIC]


def test_description_says_what_happened_and_what_to_do() -> None:
    text = endpoint_alarm_request("modeldrop-cat", "cat", limit=5, topic_arn=TOPIC)[
        "AlarmDescription"
    ]
    assert "modeldrop-cat has given more than 5 answers with status 5XX within 5 minutes" in text
    assert "modeldrop rollback cat" in text


@pytest.mark.parametrize("model", ["cat", "cat-live-5xx", "5xx"])
def test_endpoint_is_read_back_from_the_name(model: str) -> None:
    endpoint = endpoint_name("modeldrop", model)
    assert watched_endpoint(endpoint_alarm_name(endpoint)) == endpoint


@pytest.mark.parametrize("alarm", [*alarm_names(CONFIG), "modeldrop-by-hand-5xx", "somebody's"])
def test_other_alarms_watch_no_live_endpoint(alarm: str) -> None:
    assert watched_endpoint(alarm) is None
