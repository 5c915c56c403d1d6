"""Names of model folders that the container or Triton's Python backend cannot open."""

from __future__ import annotations

from model_packager.formats.triton_repository.config.model_config import AGAIN
from model_packager.formats.triton_repository.python_code import unusable_in_paths
from model_packager.rejection import ModelRejected


def refuse_white_space(name: str) -> None:
    """Refuse names that the container's start script splits.

    Raises:
        ModelRejected: the name has a white space.
    """
    if any(each.isspace() for each in name):
        raise ModelRejected(
            f"The model's folder has a white space in its name: {name!r:.120}. The container's "
            "start script splits the name there, and does not start.",
            f"Rename the folder to {'_'.join(name.split())!r:.120} (and `name` in its "
            f"config.pbtxt), {AGAIN}",
        )


def refuse_other_letters(name: str) -> None:
    """Refuse characters that Triton's Python backend cannot have in a path or command line.

    Raises:
        ModelRejected: the name has such a character.
    """
    odd = unusable_in_paths(name)
    if odd:
        raise ModelRejected(
            f"The model's folder {name!r:.120} has {odd[0]!r:.10} in its name, and Triton's Python "
            "backend cannot open such a path.",
            "Rename the folder with the letters a to z, digits, dots, _ and - (and `name` in its "
            f"config.pbtxt), {AGAIN}",
        )
