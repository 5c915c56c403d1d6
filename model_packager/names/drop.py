"""The keys of the drop bucket: a model's file, and the files next to it."""

from model_packager.model_files import MODEL_FILES
from model_packager.names.batch import BATCH_FOLDER, batch_job_of
from model_packager.names.model import is_model_name
from model_packager.rejection import ModelRejected

SPEC_FILE = "deploy.yaml"

LABELS_FILE = "labels.txt"

BARE_MODEL_NAME = "model"


def model_name(key: str) -> str:
    """Return the model's name: the folder of `model.pt`, `model.onnx` and so on.

    Args:
        key: the S3 object key, such as `team/resnet/model.pt`. A bare `model.pt` is named `model`.

    Raises:
        ModelRejected: the folder's name is not a valid Triton model name, or is that of a batch
            job.
    """
    folder, _, file_name = key.rpartition("/")
    if batch_job_of(key) is not None:
        raise ModelRejected(
            f"The key {key!r} is in the folder of a batch job, <model>/{BATCH_FOLDER}/<job>/, "
            "which has inputs for the model.",
            f"Upload the model into a folder that is not in a folder {BATCH_FOLDER!r}.",
        )
    if file_name not in MODEL_FILES:
        raise ModelRejected(
            f"The object's name is {key!r}, but only objects with the names "
            f"{', '.join(MODEL_FILES)} are models.",
            "Upload the model as <model name>/model.pt, or under the name of its own format.",
        )
    if key in MODEL_FILES:
        return BARE_MODEL_NAME
    name = folder.rpartition("/")[2]
    if not is_model_name(name):
        raise ModelRejected(
            f"The folder {name!r} in the key {key!r} is not a valid model name.",
            "Name the folder with letters, digits, '-', '_' and '.', beginning with a letter or a "
            "digit, at most 128 characters, such as resnet/model.pt, and upload it again.",
        )
    return name


def dropped_model(key: str) -> str | None:
    """Return the model's name; None if the key is not a model's."""
    try:
        return model_name(key)
    except ModelRejected:
        return None


def owning_model(key: str) -> str | None:
    """Return the model that an object of a drop or of a batch job belongs to, by its folder.

    None if the folder's name is not a valid model name.
    """
    job = batch_job_of(key)
    if job is not None:
        return job.model
    folder = drop_folder(key)
    name = folder[:-1].rpartition("/")[2] if folder else BARE_MODEL_NAME
    return name if is_model_name(name) else None


def drop_folder(key: str) -> str:
    """Return the key prefix that the sidecars of a dropped object share: `team/resnet/` or ``."""
    return key[: key.rfind("/") + 1]


def folder_of(path: str) -> str:
    """Return a folder that a person wrote, such as `/team/resnet`, like `drop_folder`."""
    plain = path.strip("/")
    return f"{plain}/" if plain else ""
