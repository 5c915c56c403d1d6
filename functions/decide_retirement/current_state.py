"""What there is of a model when its retirement is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.names import resource_name
from workflow.contracts.retire_model import RetirementReason
from workflow.drop.source_object import head_object
from workflow.versions.deployment_record import read_live
from workflow.versions.live_version import versions_on
from workflow.versions.ownership import provenance
from workflow.versions.versions import known_versions

if TYPE_CHECKING:
    from model_packager.stored import Live
    from workflow.contracts.retire_model import RetirementRequest


@dataclass(frozen=True)
class Found:
    """What is asked for a reason is looked for; the rest stays as it is here.

    Attributes:
        live: what live.json says.
        on_target: the versions that the endpoint is on, or on its way to.
        verified: the version that was judged has passed its test by now.
        known: versions that have left anything anywhere.
        dropped_again: the object that was deleted is there.
    """

    live: Live | None = None
    on_target: frozenset[str] = frozenset()
    verified: bool = False
    known: frozenset[str] = frozenset()
    dropped_again: bool = False


def find(request: RetirementRequest, model: str, endpoint: str, bucket: str) -> Found:
    """Look at S3 and SageMaker."""
    live, on_target = read_live(bucket, model), versions_on(request.target or endpoint, endpoint)
    if request.reason is RetirementReason.COMMAND:
        known = frozenset(known_versions(bucket, model, endpoint))
        return Found(live, on_target, known=known)
    if request.reason is RetirementReason.STUCK and request.version is not None:
        made = provenance(resource_name(endpoint, request.version))
        return Found(live, on_target, verified=made is not None and made.verified)
    if request.deleted is not None:
        there = head_object(request.deleted.bucket, request.deleted.key) is not None
        return Found(live, on_target, dropped_again=there)
    return Found(live, on_target)
