"""The claim of a version: the execution that writes it first owns the version and numbers it.

S3 delivers an event at least once, so two executions may process the same drop. Names derive from
the drop, so both would create the same resources. The claim decides atomically which one does.
A rollback deletes the claim with the version's other files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.artifact import claim_key
from model_packager.stored import Claim
from workflow.aws.s3_object import put_if_unchanged, read_object
from workflow.errors import DuplicateDrop, Throttled
from workflow.versions.execution import is_running
from workflow.versions.version_number import next_number

if TYPE_CHECKING:
    from model_packager.stored import Deployment


def claim(bucket: str, deployment: Deployment) -> Deployment:
    """Claim the version for this execution, and return it with its number; idempotent.

    Raises:
        DuplicateDrop: another execution owns the version.
        Throttled: too many drops of the model at the same time.
    """
    key = claim_key(deployment.model, deployment.version)
    owner = _find(bucket, key) or _first_claim(bucket, key, deployment)
    if owner.execution_arn != deployment.execution_arn:
        raise DuplicateDrop(
            f"This drop (version {deployment.version}) is owned by the execution "
            f"{owner.execution_arn}.",
            "No action needed: that execution reports its result.",
        )
    return deployment.model_copy(update={"number": owner.number})


def claimant(bucket: str, model: str, version: str) -> str | None:
    """Return the ARN of the execution that owns the version; None if it is not claimed."""
    owner = _find(bucket, claim_key(model, version))
    return owner.execution_arn if owner else None


def has_running_owner(bucket: str, model: str, version: str) -> bool:
    """Return whether the execution that owns the version is running.

    A running owner detects that a later version is live, and cleans up.
    """
    execution_arn = claimant(bucket, model, version)
    return execution_arn is not None and is_running(execution_arn)


def _first_claim(bucket: str, key: str, deployment: Deployment) -> Claim:
    """Write a claim with a new number, or return the claim of another execution that was faster."""
    own = Claim(
        execution_arn=deployment.execution_arn, number=next_number(bucket, deployment.model)
    )
    body = own.model_dump_json().encode()
    if put_if_unchanged(bucket, key, body, None, "application/json"):
        return own
    other = _find(bucket, key)
    if other is None:
        raise Throttled(
            f"Another execution is claiming version {deployment.version}.",
            "No action needed: this step is retried.",
        )
    return other


def _find(bucket: str, key: str) -> Claim | None:
    found = read_object(bucket, key)
    return Claim.model_validate_json(found.content) if found else None
