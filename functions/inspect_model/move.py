"""Moving a model between folders of the drop bucket: the old folder must have no model file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.model_files import MODEL_FILES
from model_packager.names.drop import drop_folder, folder_of
from model_packager.rejection import ModelRejected
from workflow.aws.s3_object import head_object

if TYPE_CHECKING:
    from model_packager.stored import Source


def require_moved(source: Source, move_from: str | None) -> None:
    """Check that the old folder has no model file if the spec moves the model.

    Deleting that file needs permission on the old folder. So someone who may write only to the new
    folder cannot take over the model.

    Raises:
        ModelRejected: the old folder still has a model file.
    """
    if move_from is None or folder_of(move_from) == drop_folder(source.key):
        return
    for name in MODEL_FILES:
        key = folder_of(move_from) + name
        if head_object(source.bucket, key) is not None:
            raise ModelRejected(
                f"deploy.yaml moves the model from {move_from}, but s3://{source.bucket}/{key} "
                "still exists.",
                "Delete that file, or remove move_from from deploy.yaml; then upload the model "
                "again.",
            )
