"""Detaches a version from an endpoint, so that the version can be removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.names.endpoint import is_shadow_config
from model_packager.sagemaker.requests import update_endpoint_request
from workflow.aws.aws_errors import does_not_exist, is_in_progress
from workflow.aws.clients import sagemaker
from workflow.aws.scaling import is_scaled
from workflow.versions.endpoint import SETTLED, configs_of, describe, is_going_to
from workflow.versions.ownership import config_tags

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef


def is_released(endpoint: str, config: str) -> bool:
    """Return whether the endpoint no longer uses the config; otherwise start its release.

    An endpoint in transition can be neither updated nor deleted, so the caller tries again later.
    """
    description = describe(endpoint)
    if description is None or not is_going_to(description, config):
        return True
    if description["EndpointStatus"] in SETTLED:
        _release(description, config)
    return False


def is_shadow_released(endpoint: str, execution_arn: str) -> bool:
    """Return whether the endpoint has no shadow variant of an execution; otherwise remove it."""
    description = describe(endpoint)
    for config in configs_of(description) if description else ():
        tags = config_tags(config) if is_shadow_config(endpoint, config) else None
        if tags is not None and tags.execution_arn == execution_arn:
            return is_released(endpoint, config)
    return True


def delete_settled(endpoint: str) -> bool:
    """Start the deletion of an endpoint; False while it is in transition."""
    try:
        sagemaker().delete_endpoint(EndpointName=endpoint)
    except ClientError as error:
        if is_in_progress(error):
            return False
        if not does_not_exist(error):
            raise
    return True


def _release(endpoint: DescribeEndpointOutputTypeDef, config: str) -> None:
    name, tags = endpoint["EndpointName"], config_tags(config)
    previous = tags.previous if tags else None
    if previous is None or name == config:
        delete_settled(name)
    elif endpoint["EndpointStatus"] == "InService":
        _put_back(name, previous)


def _put_back(endpoint: str, previous: str) -> None:
    """Update to the previous config, and keep the number of instances that autoscaling chose."""
    request = update_endpoint_request(endpoint, config=previous, keep_count=is_scaled(endpoint))
    try:
        sagemaker().update_endpoint(**request)
    except ClientError as error:
        if not is_in_progress(error):
            raise
