"""The tags that say of a SageMaker resource where it came from, and what it took the place of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.resource_tags import OURS
from model_packager.sagemaker_requests import origin_tags
from workflow.aws_errors import does_not_exist
from workflow.clients import sagemaker

if TYPE_CHECKING:
    from model_packager.sagemaker_requests import Tag
    from workflow.contracts import Deployment

_PREVIOUS = "modeldrop:previous-config"


def tags(deployment: Deployment) -> list[Tag]:
    """Tag a resource with its model, its version and the execution that made it."""
    return origin_tags(deployment.model, deployment.version, deployment.execution_arn)


def wished_tags(config: str) -> list[Tag]:
    """Give the tags of an endpoint config that people wished for, for the endpoint to bear too."""
    found = sagemaker().list_tags(ResourceArn=_config_arn(config))["Tags"]
    return [
        {"Key": tag["Key"], "Value": tag["Value"]}
        for tag in found
        if not tag["Key"].startswith((OURS, "aws:"))
    ]


def hand_on_tags(endpoint_arn: str, config: str) -> None:
    """Give an endpoint the wished tags of the config it is going to; the others it has stay."""
    wished = wished_tags(config)
    if wished:
        sagemaker().add_tags(ResourceArn=endpoint_arn, Tags=wished)


def remember_previous(config: str, previous: str) -> None:
    """Note on an endpoint config which one it takes the place of, before it does."""
    sagemaker().add_tags(
        ResourceArn=_config_arn(config), Tags=[{"Key": _PREVIOUS, "Value": previous}]
    )


def previous_config(config: str) -> str | None:
    """Name the endpoint config that served before; None where the endpoint was new."""
    try:
        found = sagemaker().list_tags(ResourceArn=_config_arn(config))["Tags"]
    except ClientError as error:
        if does_not_exist(error):
            return None
        raise
    return next((tag["Value"] for tag in found if tag["Key"] == _PREVIOUS), None)


def _config_arn(config: str) -> str:
    described = sagemaker().describe_endpoint_config(EndpointConfigName=config)
    return described["EndpointConfigArn"]
