from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from model_packager.sagemaker.requests import VARIANT
from modeldrop.live.traffic import Traffic, read_traffic
from tests.unit.functions.request_count import counted

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef


QUEUED = "ApproximateBacklogSize"


def count(
    session: Session,
    endpoint: str,
    ago: timedelta,
    number: int,
    metric: str = "ModelLatency",
    value: float = 1,
) -> None:
    dimensions: list[DimensionTypeDef] = [{"Name": "EndpointName", "Value": endpoint}]
    if metric != QUEUED:
        dimensions.append({"Name": "VariantName", "Value": VARIANT})
    session.client("cloudwatch").put_metric_data(
        Namespace="AWS/SageMaker",
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": dimensions,
                "Timestamp": datetime.now(UTC) - ago,
                "Value": value,
            }
        ]
        * number,
    )


def test_requests_are_those_of_the_last_hour_and_of_each_endpoint(session: Session) -> None:
    for ago, number in ((1, 2), (40, 5), (90, 10)):
        count(session, "a", timedelta(minutes=ago), number)
    count(session, "b", timedelta(minutes=10), 11)
    count(session, "a", timedelta(minutes=5), 2, "Invocation4XXErrors")
    count(session, "b", timedelta(minutes=5), 3, "Invocation5XXErrors")
    cloudwatch, now = session.client("cloudwatch"), datetime.now(UTC)
    with counted(cloudwatch) as requests:
        found = read_traffic(cloudwatch, ["a", "b", "c"], now)
    assert found == {"a": Traffic(7, 2, 0), "b": Traffic(11, 0, 3), "c": Traffic()}
    assert requests == {"GetMetricData": 1}
    assert read_traffic(cloudwatch, [], now) == {}


def test_queue_has_the_newest_value(session: Session) -> None:
    for endpoint, ago, value in (("a", 4, 3), ("a", 2, 8), ("a", 20, 1), ("b", 20, 5)):
        count(session, endpoint, timedelta(minutes=ago), 1, QUEUED, value)
    found = read_traffic(session.client("cloudwatch"), ["a", "b"], datetime.now(UTC))
    assert [found[each].queued for each in "ab"] == [8, 0]
