"""Which execution a version belongs to: the first that claims it.

S3 delivers an event at least once, so two executions may have the same drop in hand. Names are a
function of the drop, hence both would make the same resources; the claim decides, atomically, which
of them does. It goes with the version's other files when the version is rolled back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.names import claim_key
from model_packager.stored import Claim
from workflow.aws.aws_errors import object_has_changed, object_is_missing
from workflow.aws.clients import s3
from workflow.errors import DuplicateDrop
from workflow.versions.execution import is_running

if TYPE_CHECKING:
    from model_packager.stored import Deployment


def claim(bucket: str, deployment: Deployment) -> None:
    """Take the version for this execution; again is as good as once.

    Raises:
        DuplicateDrop: another execution has it.
    """
    key = claim_key(deployment.model, deployment.version)
    body = Claim(execution_arn=deployment.execution_arn).model_dump_json().encode()
    try:
        s3().put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*")
    except ClientError as error:
        if not object_has_changed(error):
            raise
        owner = _read(bucket, key)
        if owner != deployment.execution_arn:
            raise DuplicateDrop(
                f"This drop (version {deployment.version}) is in the hands of {owner}.",
                "Nothing to do: that execution tells how it ends.",
            ) from error


def claimant(bucket: str, model: str, version: str) -> str | None:
    """Give the ARN of the execution that has claimed the version; None: nobody has."""
    try:
        return _read(bucket, claim_key(model, version))
    except ClientError as error:
        if object_is_missing(error):
            return None
        raise


def is_in_hand(bucket: str, model: str, version: str) -> bool:
    """Tell whether the execution that makes the version goes on: it may be packaging or staging it.

    It finds out itself that a later one is live, and cleans up.
    """
    execution_arn = claimant(bucket, model, version)
    return execution_arn is not None and is_running(execution_arn)


def _read(bucket: str, key: str) -> str:
    body = s3().get_object(Bucket=bucket, Key=key)["Body"].read()
    return Claim.model_validate_json(body).execution_arn
