"""The tags that say of an endpoint config who made it, what it replaced, and whether it is good.

SageMaker's own resources carry this, so no database can disagree with them (docs/decisions/0003,
0008).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.sagemaker.requests import (
    EXECUTION_TAG,
    MODEL_TAG,
    PREVIOUS_TAG,
    VERIFIED_TAG,
    origin_tags,
)
from workflow.aws.aws_errors import does_not_exist
from workflow.aws.clients import sagemaker

if TYPE_CHECKING:
    from model_packager.sagemaker.requests import Tag
    from model_packager.stored import Deployment


@dataclass(frozen=True)
class ConfigTags:
    """What the tags of an endpoint config say.

    Attributes:
        execution_arn: of the execution that brought it onto the endpoint last.
        previous: the config that is put back if it fails; None where the endpoint was new.
        verified: its smoke test has passed.
        model: whose version it is; None where the config is not one of ours.
    """

    execution_arn: str | None
    previous: str | None
    verified: bool
    model: str | None = None


def tags(deployment: Deployment) -> list[Tag]:
    """Tag a resource with its model, its version and the execution that created it."""
    return origin_tags(deployment.model, deployment.version, deployment.execution_arn)


def config_tags(config: str) -> ConfigTags | None:
    """Read the tags of an endpoint config; None where it does not exist."""
    try:
        found = sagemaker().list_tags(ResourceArn=_config_arn(config))["Tags"]
    except ClientError as error:
        if does_not_exist(error):
            return None
        raise
    by_key = {tag["Key"]: tag["Value"] for tag in found}
    return ConfigTags(
        execution_arn=by_key.get(EXECUTION_TAG),
        previous=by_key.get(PREVIOUS_TAG),
        verified=VERIFIED_TAG in by_key,
        model=by_key.get(MODEL_TAG),
    )


def remember_previous(config: str, previous: str | None, execution_arn: str) -> None:
    """Note on a config what it takes the place of and for whom, before it does: it is on trial.

    What an earlier trial noted goes last: if that fails, the next try still finds it.
    """
    arn = _config_arn(config)
    noted: list[Tag] = [{"Key": EXECUTION_TAG, "Value": execution_arn}]
    if previous is not None:
        noted.append({"Key": PREVIOUS_TAG, "Value": previous})
    sagemaker().add_tags(ResourceArn=arn, Tags=noted)
    stale = [VERIFIED_TAG] if previous is not None else [VERIFIED_TAG, PREVIOUS_TAG]
    sagemaker().delete_tags(ResourceArn=arn, TagKeys=stale)


def mark_verified(config: str) -> None:
    """Note that the config's smoke test has passed: it is good enough to be put back."""
    sagemaker().add_tags(
        ResourceArn=_config_arn(config), Tags=[{"Key": VERIFIED_TAG, "Value": "true"}]
    )


def last_verified(config: str, besides: str | None = None) -> str | None:
    """Name the config, or the nearest one before it, that has passed its test; None: none has.

    Args:
        config: where the search begins.
        besides: a config that is passed over: the one on trial cannot be what it goes back to.
    """
    seen: set[str] = set()
    current: str | None = config
    while current is not None and current not in seen:
        seen.add(current)
        made = config_tags(current)
        if made is None:
            return None
        if made.verified and current != besides:
            return current
        current = made.previous
    return None


def _config_arn(config: str) -> str:
    described = sagemaker().describe_endpoint_config(EndpointConfigName=config)
    return described["EndpointConfigArn"]
