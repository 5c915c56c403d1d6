"""The folder of a model in the drop bucket: drops in other folders do not replace the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.spec.live_folder import require_live_folder
from workflow.versions.deployment_record import read_live

if TYPE_CHECKING:
    from model_packager.stored import Source


def require_folder(bucket: str, model: str, source: Source, move_from: str | None) -> None:
    """Check that the drop may replace the model's live version, if there is one.

    Args:
        bucket: the artifact bucket.
        model: the model's name.
        source: the dropped object.
        move_from: the folder from which the spec moves the model.

    Raises:
        ModelRejected: the live version is from another folder.
    """
    live = read_live(bucket, model)
    if live is not None:
        require_live_folder(model, source.key, live.source.key, move_from)
