"""TensorFlow SavedModels: folders that are dropped as archives and packed again for Triton.

Release 25.02 was the last one with Triton's TensorFlow backend (triton-inference-server/server,
pull request 8068: "As of 25.03 TensorFlow backend is deprecated").
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from model_packager.formats import file_kind
from model_packager.formats.archives.gzip_stream import TarGzDamaged
from model_packager.formats.archives.tar_members import contents, members
from model_packager.formats.base import Content, ModelFormat
from model_packager.formats.declared_signature import signature_of_spec
from model_packager.rejection import ModelRejected

GRAPH_FILE = "saved_model.pb"

_TITLE = "a TensorFlow SavedModel"
_PACK = (
    "Pack the folder that `tf.saved_model.save` wrote, `tar -czf model.savedmodel.tar.gz -C "
    "my_saved_model .`, compare the sizes after the upload, and upload it again."
)


def read_saved_model(file: BinaryIO, model: str) -> Content:  # noqa: ARG001 - as every format
    """Check that the archive contains one SavedModel.

    Raises:
        ModelRejected: the archive contains none or several, or unpacking it is unsafe.
    """
    saved_model_folder(file)
    return Content(signature=lambda spec: signature_of_spec(_TITLE, spec, has_text=True))


SAVED_MODEL = ModelFormat(
    object_name="model.savedmodel.tar.gz",
    title=_TITLE,
    summary="a TensorFlow SavedModel folder, packed",
    spec="`inputs` and `outputs`",
    read=read_saved_model,
    backend_field=("platform", "tensorflow_savedmodel"),
    path="1/model.savedmodel",
    is_folder=True,
    last_release="25.02",
    buffer_bytes=4 * 1024 * 1024,
    recognizes=lambda file: file_kind.is_saved_model(file_kind.names_in_tar_gz(file)),
    advice="Triton's TensorFlow backend ended with release 25.02. For later releases, convert the "
    "model to ONNX: unpack it, run `python -m tf2onnx.convert --saved-model FOLDER --output "
    "model.onnx`, and upload model.onnx.",
)


def saved_model_folder(file: BinaryIO) -> tuple[str, ...]:
    """Return the folder of the SavedModel in the archive: the root, or one below it.

    Raises:
        ModelRejected: there is no SavedModel, or more than one, or the archive is damaged.
    """
    folders: set[tuple[str, ...]] = set()
    with _valid_archive():
        for member in members(file, content_of="", limit=0):
            if member.path[-1:] == (GRAPH_FILE,) and not member.is_folder and len(folders) < 2:
                folders.add(member.path[:-1])
    if len(folders) != 1:
        many = "more than one" if folders else "no"
        raise ModelRejected(f"The archive contains {many} {GRAPH_FILE}.", _PACK)
    return folders.pop()


def saved_model_files(file: BinaryIO) -> Iterator[tuple[str, int, BinaryIO]]:
    """Yield path, size and content of each file of a SavedModel.

    Paths are relative to the model's folder. Read each content before you take the next file. The
    reader is that of `saved_model_folder`, so that only checked files are returned.

    Raises:
        ModelRejected: as `saved_model_folder`.
    """
    folder = saved_model_folder(file)
    with _valid_archive():
        for path, size, content in contents(file):
            if path[: len(folder)] == folder:
                yield f"{SAVED_MODEL.path}/{'/'.join(path[len(folder) :])}", size, content


@contextmanager
def _valid_archive() -> Iterator[None]:
    try:
        yield
    except TarGzDamaged as damage:
        raise ModelRejected(
            f"The file is not a valid archive of a SavedModel: {damage}.", _PACK
        ) from damage
