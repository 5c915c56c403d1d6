"""The note on an archive: its source object, and which of its bytes contain the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.artifact import artifact_prefix
from model_packager.repository.archive import Lead
from model_packager.stored import Checksum, Source
from workflow.aws.clients import s3
from workflow.aws.s3_object import read_object
from workflow.contracts.base import Contract
from workflow.contracts.deploy_model import Sidecar

if TYPE_CHECKING:
    from model_packager.stored import Deployment


class ArchiveNote(Contract):
    """The facts that a later archive of the same model needs.

    `lead` describes the leading bytes, which contain the model and the files with its weights.
    """

    source: Source
    weights: tuple[Sidecar, ...] = ()
    lead: Lead
    source_checksum: Checksum | None

    def is_of(self, source: Source, weights: tuple[Sidecar, ...]) -> bool:
        """Return whether the archive was created from the same state of the same objects."""
        ours, theirs = self.source, source
        return (ours.bucket, ours.key, ours.etag, self.weights) == (
            theirs.bucket,
            theirs.key,
            theirs.etag,
            weights,
        )


def write_note(bucket: str, deployment: Deployment, note: ArchiveNote) -> None:
    """Store the note next to the version's archive."""
    key = _key(deployment.model, deployment.version)
    s3().put_object(Bucket=bucket, Key=key, Body=note.model_dump_json(indent=2).encode())


def read_note(bucket: str, model: str, version: str) -> ArchiveNote | None:
    """Read a version's note; None if Package Model did not create an archive for it."""
    found = read_object(bucket, _key(model, version))
    return ArchiveNote.model_validate_json(found.content) if found else None


def _key(model: str, version: str) -> str:
    return f"{artifact_prefix(model, version)}archive.json"
