"""The tags of an endpoint config: its drop, its execution, the previous config, and its test.

SageMaker's own resources have the tags, so no database can disagree with them (docs/decisions/0003,
0008).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.sagemaker.requests import (
    CONTENT_TAG,
    EXECUTION_TAG,
    MODEL_TAG,
    PREVIOUS_TAG,
    SEQUENCER_TAG,
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
    """The tags of an endpoint config.

    Attributes:
        execution_arn: the last execution that deployed the config.
        previous: the config to restore if this one fails; None if the endpoint was new.
        verified: whether the version passed its smoke test.
        model: the name of its model; None if Modeldrop did not create the config.
        content: the drop's `names.content_of`.
        sequencer: the sequencer of the drop's S3 event; None if the event had none.
    """

    execution_arn: str | None
    previous: str | None
    verified: bool
    model: str | None = None
    content: str | None = None
    sequencer: str | None = None


def tags(deployment: Deployment) -> list[Tag]:
    """Return the tags with the model, the version and the execution of a resource."""
    return origin_tags(deployment.model, deployment.version, deployment.execution_arn)


def config_only_tags(deployment: Deployment) -> list[Tag]:
    """Return the tags that only an endpoint config has: its drop's content and sequencer."""
    values = {CONTENT_TAG: deployment.content, SEQUENCER_TAG: deployment.sequencer}
    return [{"Key": key, "Value": value} for key, value in values.items() if value]


def config_tags(config: str) -> ConfigTags | None:
    """Read the tags of an endpoint config; None if it does not exist."""
    try:
        listed = sagemaker().list_tags(ResourceArn=_config_arn(config))["Tags"]
    except ClientError as error:
        if does_not_exist(error):
            return None
        raise
    by_key = {tag["Key"]: tag["Value"] for tag in listed}
    return ConfigTags(
        execution_arn=by_key.get(EXECUTION_TAG),
        previous=by_key.get(PREVIOUS_TAG),
        verified=VERIFIED_TAG in by_key,
        model=by_key.get(MODEL_TAG),
        content=by_key.get(CONTENT_TAG),
        sequencer=by_key.get(SEQUENCER_TAG),
    )


def other_model(config: str, model: str) -> str | None:
    """Return the model in the tags of an endpoint config, if it is not `model`; otherwise None.

    A name alone does not identify a model: with the prefix `a`, the model `b-c` has the endpoint
    name that `c` has with the prefix `a-b`. Without a tag or a config, only the name decides.
    """
    tags_of_config = config_tags(config)
    owner = tags_of_config.model if tags_of_config else None
    return None if owner == model else owner


def remember_previous(config: str, previous: str | None, execution_arn: str) -> None:
    """Tag a config with its execution and the previous config, before its deployment and test.

    Tags of an earlier test are deleted last: if the deletion fails, a retry still reads them.
    """
    arn = _config_arn(config)
    new_tags: list[Tag] = [{"Key": EXECUTION_TAG, "Value": execution_arn}]
    if previous is not None:
        new_tags.append({"Key": PREVIOUS_TAG, "Value": previous})
    sagemaker().add_tags(ResourceArn=arn, Tags=new_tags)
    stale = [VERIFIED_TAG] if previous is not None else [VERIFIED_TAG, PREVIOUS_TAG]
    sagemaker().delete_tags(ResourceArn=arn, TagKeys=stale)


def mark_verified(config: str) -> None:
    """Tag the config as verified: its smoke test has passed, so a rollback may restore it."""
    sagemaker().add_tags(
        ResourceArn=_config_arn(config), Tags=[{"Key": VERIFIED_TAG, "Value": "true"}]
    )


def last_verified(config: str, except_for: str | None = None) -> str | None:
    """Return the config, or its nearest predecessor, that has passed its test; None if none has.

    Args:
        config: the start of the search.
        except_for: a config to skip: the config under test cannot be its own fallback.
    """
    seen: set[str] = set()
    current: str | None = config
    while current is not None and current not in seen:
        seen.add(current)
        tags_of_config = config_tags(current)
        if tags_of_config is None:
            return None
        if tags_of_config.verified and current != except_for:
            return current
        current = tags_of_config.previous
    return None


def _config_arn(config: str) -> str:
    description = sagemaker().describe_endpoint_config(EndpointConfigName=config)
    return description["EndpointConfigArn"]
