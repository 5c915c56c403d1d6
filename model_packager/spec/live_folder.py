"""The rule that drops replace only versions from their own folder, unless the spec moves them."""

from model_packager.names.drop import drop_folder, folder_of
from model_packager.rejection import ModelRejected
from model_packager.spec.yaml.lines import yaml_text


def require_live_folder(model: str, key: str, live_key: str, move_from: str | None) -> None:
    """Check that the live version is from the drop's folder, or that the spec moves the model.

    Without this rule, `teamB/resnet/model.pt` would replace `teamA/resnet/model.pt`.

    Args:
        model: the model's name.
        key: the key of the dropped object.
        live_key: the key of the object from which the live version was deployed.
        move_from: `move_from` of the drop's spec.

    Raises:
        ModelRejected: the live version is from another folder.
    """
    folder, live_folder = drop_folder(key), drop_folder(live_key)
    if live_folder in (folder, None if move_from is None else folder_of(move_from)):
        return
    path = yaml_text(live_folder.removesuffix("/") or "/")
    raise ModelRejected(
        f"The live version of {model} was dropped in {_shown(live_folder)}, and this drop is in "
        f"{_shown(folder)}. Only a drop in the same folder replaces it.",
        "Upload another model under another name. To move the model, delete its file in "
        f"{_shown(live_folder)}, set `move_from: {path}` in the deploy.yaml in "
        f"{_shown(folder)}, and upload it again.",
    )


def _shown(folder: str) -> str:
    return f"the folder {folder:.300}" if folder else "the root of the bucket"
