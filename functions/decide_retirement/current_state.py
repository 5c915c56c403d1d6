"""Reads the current state of a model whose retirement is requested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.names.endpoint import resource_name
from workflow.aws.s3_object import head_object
from workflow.contracts.retire_model import RetirementReason
from workflow.versions.deployment_record import read_live
from workflow.versions.live_version import versions_on
from workflow.versions.ownership import config_tags
from workflow.versions.versions import known_versions

if TYPE_CHECKING:
    from model_packager.stored import Live
    from workflow.contracts.retire_model import RetirementRequest


@dataclass(frozen=True)
class CurrentState:
    """The facts that matter for the request's reason; the others keep their defaults.

    Attributes:
        live: the content of live.json.
        on_target: the versions that the endpoint serves, or changes to.
        verified: the requested version has passed its smoke test in the meantime.
        known: all versions that have resources or files.
        object_exists: the deleted object exists again.
    """

    live: Live | None = None
    on_target: frozenset[str] = frozenset()
    verified: bool = False
    known: frozenset[str] = frozenset()
    object_exists: bool = False


def read_state(request: RetirementRequest, model: str, endpoint: str, bucket: str) -> CurrentState:
    """Read the state from S3 and SageMaker."""
    live = read_live(bucket, model)
    on_target = versions_on(request.target or endpoint, endpoint, model)
    if request.reason is RetirementReason.COMMAND:
        known = frozenset(known_versions(bucket, model, endpoint))
        return CurrentState(live, on_target, known=known)
    if request.reason is RetirementReason.STUCK and request.version is not None:
        tags = config_tags(resource_name(endpoint, request.version))
        return CurrentState(live, on_target, verified=tags is not None and tags.verified)
    if request.deleted is not None:
        exists = head_object(request.deleted.bucket, request.deleted.key) is not None
        return CurrentState(live, on_target, object_exists=exists)
    return CurrentState(live, on_target)
