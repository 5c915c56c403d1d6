"""Checks the Triton image and the quota of the instance type in a Region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model_packager.rejection import SpecRejected
from model_packager.sagemaker.triton_image import image_uri, is_gpu_instance
from modeldrop.doctor.finding import Finding, failed, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGE_CHECK = "image"
QUOTA_CHECK = "quota"
QUOTA_ACTIONS = "servicequotas:ListServiceQuotas and servicequotas:ListAWSDefaultServiceQuotas"
_SERVICE = "sagemaker"


@dataclass(frozen=True)
class Quota:
    """A quota of the account in a Region."""

    name: str
    code: str
    value: float


def check_image(region: str, release: str, instance_type: str) -> Finding:
    """Check that AWS's table has the Triton image, without an API call."""
    try:
        uri = image_uri(region, release, is_gpu_instance(instance_type))
    except SpecRejected as error:
        return failed(IMAGE_CHECK, error.cause, error.fix)
    return ok(IMAGE_CHECK, uri)


def quota_name(instance_type: str) -> str:
    """Return the quota's name (aws-samples/sagemaker-yolov3-detection-server#1)."""
    return f"{instance_type} for endpoint usage"


def find_quota(client: Any, instance_type: str) -> Quota | None:
    """Find a quota by name, because AWS does not document the codes.

    ListServiceQuotas returns only quotas with an applied value; others have their default (Service
    Quotas API reference, ListServiceQuotas).

    Args:
        client: a client of Service Quotas.
        instance_type: the instance type, such as "ml.g4dn.xlarge".
    """
    name = quota_name(instance_type)
    for operation in ("list_service_quotas", "list_aws_default_service_quotas"):
        for each in _quotas(client, operation):
            if each["QuotaName"] == name:
                return Quota(name, each["QuotaCode"], each["Value"])
    return None


def _quotas(client: Any, operation: str) -> Iterator[dict[str, Any]]:
    for page in client.get_paginator(operation).paginate(ServiceCode=_SERVICE):
        yield from page["Quotas"]


def check_quota(instance_type: str, instance_count: int, quota: Quota | None) -> Finding:
    """Compare the quota with the instances of a drop with the default settings."""
    needed = 2 * instance_count
    if quota is None:
        return warning(
            QUOTA_CHECK,
            f"Service Quotas does not list {quota_name(instance_type)} in this Region.",
            "Check that the Region has this instance type, or set InstanceType.",
        )
    increase = (
        "Request an increase: aws service-quotas request-service-quota-increase "
        f"--service-code {_SERVICE} --quota-code {quota.code} --desired-value {needed}"
    )
    if quota.value < instance_count:
        text = f"{quota.name} is {quota.value:g}; a drop needs {instance_count}."
        return failed(QUOTA_CHECK, text, increase)
    if quota.value < needed:
        return warning(
            QUOTA_CHECK,
            f"{quota.name} is {quota.value:g}; an update needs {needed}, because the old and the "
            "new instances run at the same time.",
            increase,
        )
    return ok(QUOTA_CHECK, f"{quota.name} is {quota.value:g}; an update needs {needed}")
