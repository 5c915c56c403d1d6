from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from modeldrop.doctor.finding import Status
from modeldrop.doctor.hosting import Quota, check_image, check_quota, find_quota

NAME = "ml.g4dn.xlarge for endpoint usage"


@pytest.mark.parametrize(
    ("value", "count", "status", "text"),
    [
        (0, 1, Status.FAILED, f"{NAME} is 0; a drop needs 1."),
        (1, 2, Status.FAILED, f"{NAME} is 1; a drop needs 2."),
        (1, 1, Status.WARNING, f"{NAME} is 1; an update needs 2"),
        (2, 1, Status.OK, f"{NAME} is 2; an update needs 2"),
    ],
)
def test_quota_covers_a_drop_and_an_update(
    value: float, count: int, status: Status, text: str
) -> None:
    found = check_quota("ml.g4dn.xlarge", count, Quota(NAME, "L-1", value))
    assert found.status is status
    assert found.text.startswith(text)
    if status is not Status.OK:
        assert f"--quota-code L-1 --desired-value {2 * count}" in found.fix


def test_quota_that_is_not_listed_is_a_warning() -> None:
    found = check_quota("ml.x9.large", 1, None)
    assert found.status is Status.WARNING
    assert "does not list ml.x9.large for endpoint usage" in found.text


@pytest.fixture
def quotas() -> Any:
    """moto has no quotas of SageMaker."""
    session: Any = boto3.session.Session("test", "test", region_name="us-east-1")
    client = session.client("service-quotas")
    with Stubber(client) as stubber:
        yield stubber


def quota(name: str, value: float) -> dict[str, Any]:
    return {"QuotaName": name, "QuotaCode": "L-1", "Value": value}


def test_applied_quota_is_found_on_a_later_page(quotas: Any) -> None:
    first = {"Quotas": [quota("ml.g4dn.xlarge for training job usage", 9)], "NextToken": "t"}
    quotas.add_response("list_service_quotas", first, {"ServiceCode": "sagemaker"})
    second = {"Quotas": [quota(NAME, 4)]}
    quotas.add_response(
        "list_service_quotas", second, {"ServiceCode": "sagemaker", "NextToken": "t"}
    )
    assert find_quota(quotas.client, "ml.g4dn.xlarge") == Quota(NAME, "L-1", 4)


def test_default_applies_where_no_applied_quota_is_listed(quotas: Any) -> None:
    quotas.add_response("list_service_quotas", {"Quotas": []})
    quotas.add_response("list_aws_default_service_quotas", {"Quotas": [quota(NAME, 0)]})
    assert find_quota(quotas.client, "ml.g4dn.xlarge") == Quota(NAME, "L-1", 0)


def test_unknown_type_has_no_quota(quotas: Any) -> None:
    quotas.add_response("list_service_quotas", {"Quotas": []})
    quotas.add_response("list_aws_default_service_quotas", {"Quotas": []})
    assert find_quota(quotas.client, "ml.x9.large") is None


def test_image_of_the_region() -> None:
    found = check_image("eu-west-1", "26.05", "ml.m5.large")
    assert found.status is Status.OK
    assert found.text.endswith("/sagemaker-tritonserver:26.05-py3-cpu")


@pytest.mark.parametrize(
    ("region", "release", "instance_type", "text"),
    [
        ("xx-north-9", "26.05", "ml.m5.large", "no Triton image in the Region"),
        ("us-east-1", "19.01", "ml.m5.large", "no image of Triton release '19.01'"),
        ("us-east-1", "26.05", "g4dn", "not a SageMaker instance type"),
    ],
)
def test_missing_image_has_a_fix(region: str, release: str, instance_type: str, text: str) -> None:
    found = check_image(region, release, instance_type)
    assert found.status is Status.FAILED
    assert text in found.text
    assert found.fix
