"""The sibling objects of a model: labels, golden sample and weights, in their current state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.golden_sample import FOLDER
from model_packager.names.drop import LABELS_FILE, drop_folder
from workflow.aws.s3_object import head_object
from workflow.contracts.deploy_model import Sidecar
from workflow.drop.sample_files import choose, list_sample

if TYPE_CHECKING:
    from collections.abc import Iterable

    from model_packager.stored import Source


def labels_sidecar(source: Source) -> Sidecar | None:
    """Find labels.txt; None if it does not exist."""
    head = head_object(source.bucket, drop_folder(source.key) + LABELS_FILE)
    return Sidecar(name=LABELS_FILE, etag=head["ETag"].strip('"')) if head else None


def sample_sidecars(source: Source) -> tuple[Sidecar, ...]:
    """Find the sample's files; raises ModelRejected if the folder is invalid."""
    listed = list_sample(source.bucket, drop_folder(source.key))
    return tuple(
        Sidecar(name=FOLDER + name, etag=listed[name]["ETag"].strip('"'))
        for name in choose(listed)
        if name is not None
    )


class WeightFiles:
    """The weight files next to a model."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._found: dict[str, Sidecar] = {}

    def size(self, path: str) -> int | None:
        """Return a file's size in bytes; None if it does not exist.

        Args:
            path: its path below the model's folder.
        """
        head = head_object(self._source.bucket, drop_folder(self._source.key) + path)
        if head is None:
            return None
        self._found[path] = Sidecar(name=path, etag=head["ETag"].strip('"'))
        return head["ContentLength"]

    def sidecars(self, paths: Iterable[str]) -> tuple[Sidecar, ...]:
        """Return the files in the state in which `size` found them."""
        return tuple(self._found[path] for path in paths)
