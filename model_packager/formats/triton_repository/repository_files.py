"""The files of a dropped repository: one pass over the archive, then random access."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from model_packager.formats.archives.gzip_stream import TarGzDamaged
from model_packager.formats.archives.tar_members import Member, members
from model_packager.formats.archives.unpacked_file import Checkpoints, UnpackedFile, UnpackedStream
from model_packager.formats.triton_repository.config.model_config import AGAIN, CONFIG_FILE
from model_packager.rejection import ModelRejected

MAX_CONFIG_BYTES = 100 * 1024
"""The default model's config is part of the state data (`aws_limits.STATE_DATA_BYTES`)."""

MAX_CONFIGS_BYTES = 2 * 1024 * 1024
MAX_MODELS = 200
MAX_PATHS_BYTES = 16 * 1024 * 1024
"""The maximum for all paths of an archive. A packed Python environment of 100,000 files has 8
MB."""

PACK = (
    "Pack the repository's content, with the models' folders at the archive's root: "
    "`tar -czf model.tar.gz -C my_repository .`; then upload it again."
)
MAX_CODE_BYTES = 4 * 1024 * 1024
"""The maximum size of all Python files that are parsed, which takes half a minute. A file counts
each time: the code of a model is parsed up to three times."""

_BUFFER_BYTES = 64 * 1024


@dataclass
class ModelFolder:
    """One folder at the archive's root.

    Attributes:
        name: the name of the folder and the model.
        config: the text of its config.pbtxt; None without one. Bytes that are not UTF-8 are escaped
            as surrogates.
        files: each file's offset in the unpacked archive, and its size, by its path in the model's
            folder.
        folders: the paths of the folders in it, including empty ones.
    """

    name: str
    config: str | None = None
    files: dict[str, tuple[int, int]] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)

    def holds(self, folder: str) -> dict[str, bool]:
        """Return the names in a folder, and whether each is a folder itself."""
        prefix = f"{folder}/" if folder else ""
        found = {
            path[len(prefix) :].partition("/")[0]: False
            for path in self.files
            if path.startswith(prefix)
        }
        for path in self.folders:
            name = path[len(prefix) :].partition("/")[0]
            if path.startswith(prefix) and name:
                found[name] = True
        return found


class RepositoryFiles:
    """A model repository in an archive.

    Attributes:
        models: the folders at the archive's root, by name, in the archive's order.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Unpack the archive once, and keep only the configs and paths in memory.

        Raises:
            ModelRejected: the file is not a model repository.
        """
        self.models: dict[str, ModelFolder] = {}
        self._deeper: str | None = None
        self._config_bytes = self._path_bytes = self._code_bytes = 0
        checkpoints, size = Checkpoints(), 0
        try:
            for member in members(file, CONFIG_FILE, MAX_CONFIG_BYTES, checkpoints):
                self._take(member)
                size = member.start + member.size
        except TarGzDamaged as damage:
            raise ModelRejected(
                f"The file is not a valid archive of a model repository: {damage}.",
                "Pack plain files and folders with `tar -czf model.tar.gz -C my_repository .`, "
                "compare the sizes after the upload, and upload it again.",
            ) from damage
        self._stream = UnpackedStream(file, checkpoints, size)

    def open(self, model: str, path: str) -> BinaryIO:
        """Return a seekable file of a model's folder. Its reads may raise TooManyReads."""
        start, size = self.models[model].files[path]
        raw = UnpackedFile(self._stream, start, size)
        return cast("BinaryIO", io.BufferedReader(raw, _BUFFER_BYTES))

    def count_code(self, size: int) -> None:
        """Count the bytes of a Python file before it is parsed.

        Raises:
            ModelRejected: the code of the archive is too long.
        """
        self._code_bytes += size
        if self._code_bytes > MAX_CODE_BYTES:
            raise ModelRejected(
                "The archive has too much Python code to check.",
                "Move modules that the models share into a package of their environment "
                "(EXECUTION_ENV_PATH), or load fewer versions (version_policy in config.pbtxt); "
                + AGAIN,
            )

    def without_configs(self) -> ModelRejected:
        """Return the rejection of an archive without models."""
        if self._deeper is not None:
            return ModelRejected(
                f"The models' folders are not at the archive's root: {self._deeper:.120}.", PACK
            )
        return ModelRejected(
            "The archive contains no <model name>/config.pbtxt: it is not a Triton model "
            "repository.",
            "Upload the model's file itself (model.pt, model.onnx, …), and Modeldrop "
            "writes its config; or write a config.pbtxt for each model. " + PACK,
        )

    def _take(self, member: Member) -> None:
        path = member.path
        self._config_bytes += len(member.content or b"")
        if self._config_bytes > MAX_CONFIGS_BYTES:
            raise ModelRejected(
                f"The config.pbtxt files of the archive have more than {MAX_CONFIGS_BYTES:,} bytes "
                f"in total, at {'/'.join(path):.120}.",
                "Shorten them, or upload a repository with fewer models.",
            )
        if path == (CONFIG_FILE,):
            raise ModelRejected(
                "The archive has a config.pbtxt at its root, which is for the models' folders. "
                "The container would not start.",
                "Put the model into a folder with its name: <model name>/config.pbtxt and "
                "<model name>/1/<model file>. " + PACK,
            )
        if not path or (len(path) == 1 and not member.is_folder):
            return  # a README next to the models is harmless
        model = self.models.setdefault(path[0], ModelFolder(path[0]))
        if len(self.models) > MAX_MODELS:
            raise ModelRejected(
                f"The archive has more than {MAX_MODELS} folders at its root.",
                "Upload a repository with fewer models.",
            )
        self._enter(model, member)

    def _enter(self, model: ModelFolder, member: Member) -> None:
        inside = "/".join(member.path[1:])
        known = inside in model.files or inside in model.folders
        self._path_bytes += 0 if known else len(inside)
        if self._path_bytes > MAX_PATHS_BYTES:
            raise ModelRejected(
                f"The paths of the archive's files have more than {MAX_PATHS_BYTES:,} characters "
                "in total.",
                "Pack the many small files into one (a Python environment: conda-pack), " + AGAIN,
            )
        if member.is_folder:
            model.folders.add(inside)
        else:
            model.files[inside] = (member.start, member.size)
            for count in range(1, min(len(member.path) - 1, 3)):
                model.folders.add("/".join(member.path[1 : 1 + count]))
        if member.content is None:
            return
        if len(member.path) == 2:
            model.config = _text(member.path, member.content)
        elif self._deeper is None:
            self._deeper = "/".join(member.path)


def _text(path: tuple[str, ...], content: bytes) -> str:
    shown = f"{'/'.join(path):.120}"
    if content.startswith(b"\xef\xbb\xbf"):
        raise ModelRejected(
            f"{shown}, line 1: it begins with a byte order mark (BOM), which Triton does not read.",
            f"Save it as UTF-8 without BOM (`sed -i '1s/^\\xef\\xbb\\xbf//' {shown}`), {AGAIN}",
        )
    return content.decode(errors="surrogateescape")
