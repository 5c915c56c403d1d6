"""The claim of a version: the first execution that writes it owns the version.

S3 delivers an event at least once, so two executions may process the same drop. Names derive from
the drop, so both would create the same resources. The claim decides atomically which one does.
A rollback deletes the claim with the version's other files.
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
    """Claim the version for this execution; idempotent.

    Raises:
        DuplicateDrop: another execution owns the version.
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
                f"This drop (version {deployment.version}) is owned by the execution {owner}.",
                "No action needed: that execution reports its result.",
            ) from error


def claimant(bucket: str, model: str, version: str) -> str | None:
    """Return the ARN of the execution that owns the version; None if it is not claimed."""
    try:
        return _read(bucket, claim_key(model, version))
    except ClientError as error:
        if object_is_missing(error):
            return None
        raise


def has_running_owner(bucket: str, model: str, version: str) -> bool:
    """Return whether the execution that owns the version is running.

    That execution detects by itself that a later version is live, and cleans up.
    """
    execution_arn = claimant(bucket, model, version)
    return execution_arn is not None and is_running(execution_arn)


def _read(bucket: str, key: str) -> str:
    body = s3().get_object(Bucket=bucket, Key=key)["Body"].read()
    return Claim.model_validate_json(body).execution_arn
