"""Getting an endpoint off a version, so that the version can be removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.clients import sagemaker
from workflow.endpoint import SETTLED, describe, is_going_to
from workflow.ownership import previous_config

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef


def is_released(endpoint: str, config: str) -> bool:
    """Tell whether the endpoint has nothing to do with the config; else bring it nearer to that.

    An endpoint in transition can be neither updated nor deleted, so it is waited for.
    """
    found = describe(endpoint)
    if found is None or not is_going_to(found, config):
        return True
    if found["EndpointStatus"] in SETTLED:
        _release(found, config)
    return False


def is_needed(endpoint: str, config: str) -> bool:
    """Tell whether a later version, if its test failed, would be taken back to the config.

    So it is where this version served for a moment, and a later drop took its place before this
    execution had looked.
    """
    found = describe(endpoint)
    if found is None:
        return False
    pending = found.get("PendingDeploymentSummary", {}).get("EndpointConfigName")
    later = (found["EndpointConfigName"], pending)
    return any(previous_config(each) == config for each in later if each is not None)


def _release(endpoint: DescribeEndpointOutputTypeDef, config: str) -> None:
    name, previous = endpoint["EndpointName"], previous_config(config)
    if previous is None:
        sagemaker().delete_endpoint(EndpointName=name)
    elif endpoint["EndpointStatus"] == "InService":
        sagemaker().update_endpoint(EndpointName=name, EndpointConfigName=previous)
