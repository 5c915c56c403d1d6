"""Chooses the model of a repository that serves the endpoint's requests."""

from __future__ import annotations

from model_packager.formats.triton_backends import MODEL_FILENAMES
from model_packager.formats.triton_repository.archive_configs import Configs
from model_packager.formats.triton_repository.folder_names import refuse_white_space
from model_packager.formats.triton_repository.repository_files import ModelFolder, RepositoryFiles
from model_packager.formats.triton_repository.versions import first_version
from model_packager.rejection import ModelRejected


def default_model(drop: str, files: RepositoryFiles, configs: Configs) -> str:
    """Return the model with the name of the drop, otherwise the only model or ensemble.

    Args:
        drop: the drop's name.
        files: the archive.
        configs: its configs.

    Raises:
        ModelRejected: there is no model, or none of several is marked, or the container cannot open
            its folder.
    """
    candidates = [name for name, each in files.models.items() if each.config is not None]
    candidates = candidates or [name for name, each in files.models.items() if _is_model(each)]
    if not candidates:
        raise files.without_configs()
    ensembles = configs.ensembles()
    chosen = (
        drop
        if drop in files.models and _is_model(files.models[drop])
        else candidates[0]
        if len(candidates) == 1
        else ensembles[0]
        if len(ensembles) == 1
        else None
    )
    if chosen is None:
        raise ModelRejected(
            f"The archive contains the models {', '.join(sorted(files.models)):.500}, and none is "
            "marked as the one that serves the endpoint's requests.",
            "Upload it as <one of these names>/model.tar.gz. That model can use the others in an "
            "ensemble or through calls from its Python backend.",
        )
    refuse_white_space(chosen)
    return chosen


def _is_model(folder: ModelFolder) -> bool:
    return folder.config is not None or not MODEL_FILENAMES.isdisjoint(first_version(folder))
