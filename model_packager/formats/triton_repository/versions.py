"""Finds the versions of a model that Triton loads, and checks that their files exist.

Source: `VersionsToLoad` in triton-inference-server/core,
src/model_repository_manager/model_lifecycle.cc.
"""

from __future__ import annotations

import posixpath
import re

from model_packager.formats.pbtxt_reader import Message
from model_packager.formats.triton_backends import TRITON_BACKENDS, TritonBackend
from model_packager.formats.triton_repository.config.model_config import (
    AGAIN,
    ModelConfig,
    integer,
    integers,
    last_value,
    message_of,
    messages,
    text,
)
from model_packager.formats.triton_repository.repository_files import ModelFolder
from model_packager.rejection import ModelRejected

_NO_VERSIONS = ("warmup", "initial_state", "configs")
_MAX_SHOWN = 5


def first_version(folder: ModelFolder) -> dict[str, bool]:
    """Return the names in the folder by which Triton chooses the backend."""
    inside = sorted(name for name, is_folder in folder.holds("").items() if is_folder)
    return folder.holds(inside[0]) if inside else {}


def loaded_versions(folder: ModelFolder, config: ModelConfig) -> tuple[str, ...]:
    """Return the folders of the versions that Triton loads, newest first.

    Raises:
        ModelRejected: Triton loads no version.
    """
    found: dict[int, str] = {}
    ignored = []
    for name, is_folder in folder.holds("").items():
        if not is_folder or name in _NO_VERSIONS:
            continue
        number = _number(name)
        if number is None:
            ignored.append(name)
        else:
            found[number] = name
    if not found:
        raise _no_version(folder, ignored)
    chosen = _chosen(config, sorted(found, reverse=True))
    if not chosen:
        raise config.rejected_field(
            "version_policy",
            f"it selects versions that the archive does not have; it has {sorted(found)}.",
            "Correct version_policy, or remove it (Triton then loads the newest version)",
        )
    for number in chosen:
        if found[number] != str(number):
            raise ModelRejected(
                f"Triton reads the folder {folder.name:.120}/{found[number]:.60} as version "
                f"{number}, and looks for its files in {folder.name:.120}/{number}.",
                f"Rename the folder to {number}, {AGAIN}",
            )
    return tuple(str(each) for each in chosen)


def _number(name: str) -> int | None:
    """Return the version of a folder, as std::stoll reads it; None if Triton ignores the folder.

    Triton also reads "-1", but takes it for the newest version, so that the model never starts
    (seen on tritonserver 2.51).
    """
    digits = re.match(r"\s*\+?[0-9]{1,19}(?![0-9])", name)
    if digits is None or (len(name) > 1 and name[0] == "0") or int(digits[0]) >= 2**63:
        return None
    return int(digits[0])


def _no_version(folder: ModelFolder, ignored: list[str]) -> ModelRejected:
    name = f"{folder.name:.120}"
    if ignored:
        return ModelRejected(
            f"The model {name} has no version: Triton ignores the folder "
            f"{name}/{ignored[0]:.60}, whose name is not a number, or begins with 0.",
            f"Rename the folder to 1, {AGAIN}",
        )
    return ModelRejected(
        f"The model {name} has no version: a folder with a number as its name.",
        f"Put the model's file into {name}/1/ (an ensemble needs that folder too, empty), {AGAIN}",
    )


def _chosen(config: ModelConfig, newest_first: list[int]) -> list[int]:
    policy = message_of(config.message, "version_policy")
    if "specific" in policy:
        wanted = integers(message_of(policy, "specific"), "versions")
        return [each for each in newest_first if each in wanted]
    if "all" in policy:
        return newest_first
    if "latest" in policy:
        return newest_first[: integer(message_of(policy, "latest"), "num_versions")]
    return newest_first[:1]


def model_files(
    folder: ModelFolder, config: ModelConfig, versions: tuple[str, ...], backend: TritonBackend
) -> tuple[str, ...]:
    """Return the path of the model's file in each version; empty if the config changes the path.

    Raises:
        ModelRejected: a version lacks the file that its backend reads.
    """
    if last_value(config.message, "cc_model_filenames") or text(config.message, "runtime"):
        return ()
    named = text(config.message, "default_model_filename")
    return tuple(_model_file(folder, config, each, backend, named) for each in versions)


def _model_file(
    folder: ModelFolder, config: ModelConfig, version: str, backend: TritonBackend, named: str
) -> str:
    path = posixpath.normpath(f"{version}/{named or backend.filename}")
    if path in folder.files and not backend.is_always_folder and not named.endswith("/"):
        return path
    inside = f"{path}/{backend.folder_holds}"
    if backend.folder_holds and inside in folder.files:
        return inside
    raise _missing(folder, config, version, backend, named)


def _missing(
    folder: ModelFolder, config: ModelConfig, version: str, backend: TritonBackend, named: str
) -> ModelRejected:
    wanted = named or backend.filename
    names = sorted(folder.holds(version))
    there = f"it has {', '.join(names[:_MAX_SHOWN])}"[:300] if names else "it is empty"
    place = f"{folder.name:.120}/{version}"
    reads = f"the backend {backend.name} reads {place}/{wanted:.120}, and there is no such "
    reads += "folder" if backend.is_always_folder else "file"
    fixes = []
    other = next((each for each in TRITON_BACKENDS if each.filename in names), None)
    if named and backend.filename in names:
        fixes.append("remove default_model_filename")
    elif other is not None and other.name != backend.name:
        key = f'platform: "{other.platform}"' if other.platform else f'backend: "{other.name}"'
        fixes.append(f"write `{key}` for the file {other.filename}")
    elif len(names) == 1 and not backend.is_always_folder:
        fixes.append(f'write `default_model_filename: "{names[0]:.120}"`')
    fixes.append(f"put the model into the archive as {place}/{wanted:.120}")
    field = "default_model_filename" if named else "backend"
    field = field if field in config.message else "platform"
    fix = ", or ".join(fixes)
    return config.rejected_field(field, f"{reads}; {place}: {there}.", fix[0].upper() + fix[1:])


def check_runtime(
    folder: ModelFolder, config: ModelConfig, versions: tuple[str, ...], backend: TritonBackend
) -> None:
    """Check that the library exists that `runtime` names instead of the backend's own.

    Triton searches the version's folder, the model's and the backend's. Only the PyTorch backend
    has another one, model.py (`TritonModel::GetBackendLibraryProperties` in
    triton-inference-server/core, src/backend_model.cc).

    Raises:
        ModelRejected: it does not exist. The error has the line.
    """
    runtime = text(config.message, "runtime")
    known = {"", f"libtriton_{backend.name}.so"}
    known |= {"model.py"} if backend.name == "pytorch" else set()
    places = [runtime, *(f"{each}/{runtime}" for each in versions)]
    is_library = not runtime.endswith(".py") and any(each in folder.files for each in places)
    if runtime not in known and not is_library:
        raise config.rejected_field(
            "runtime",
            f"the backend {backend.name} has no runtime {runtime:.120}, and the model's folder "
            "has no such library.",
            "Remove runtime",
        )


def check_named_files(folder: ModelFolder, config: ModelConfig) -> None:
    """Check that the label files and data files that the config names are in the archive.

    Raises:
        ModelRejected: a file is missing. The error has the line.
    """
    for tensor in messages(config.message, "output"):
        require_file(folder, config, tensor, "label_filename")
    for state in messages(message_of(config.message, "sequence_batching"), "state"):
        for initial in messages(state, "initial_state"):
            require_file(folder, config, initial, "data_file", "initial_state/")


def require_file(
    folder: ModelFolder, config: ModelConfig, message: Message, field: str, below: str = ""
) -> str:
    """Return the path, in the model's folder, of the file that a field names; empty without a name.

    Args:
        folder: the model's folder.
        config: the model's config.
        message: the message that has the field.
        field: the field with the file's name.
        below: the folder in which Triton looks for it, with a slash.

    Raises:
        ModelRejected: the file is not in the archive. The error has the line.
    """
    name = text(message, field)
    path = posixpath.normpath(below + name)
    if name and path not in folder.files:
        raise config.rejected(
            message.line_of(field),
            f"{field} names {name:.120}, but the archive has no {folder.name:.120}/{path:.200}.",
            f"Put the file there, or correct {field}",
        )
    return path if name else ""
