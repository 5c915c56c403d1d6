"""Which versions of a model Triton loads, and whether their files are there.

Source: `VersionsToLoad` in triton-inference-server/core,
src/model_repository_manager/model_lifecycle.cc.
"""

from __future__ import annotations

import posixpath
import re

from model_packager.formats.pbtxt_reader import Message
from model_packager.formats.triton_repository.backends import ENGINES, Engine
from model_packager.formats.triton_repository.model_config import (
    AGAIN,
    ModelConfig,
    entries,
    flag,
    integer,
    integers,
    message_of,
    messages,
    one,
    text,
)
from model_packager.formats.triton_repository.repository_files import ModelFolder
from model_packager.rejection import ModelRejected

_NO_VERSIONS = ("warmup", "initial_state", "configs")
_MAX_SHOWN = 5


def first_version(folder: ModelFolder) -> dict[str, bool]:
    """Return the names in the folder from which Triton tells the backend."""
    inside = sorted(name for name, is_folder in folder.holds("").items() if is_folder)
    return folder.holds(inside[0]) if inside else {}


def loaded_versions(folder: ModelFolder, config: ModelConfig) -> tuple[str, ...]:
    """Return the folders of the versions that Triton loads, the newest first.

    Raises:
        ModelRejected: there is none.
    """
    found: dict[int, str] = {}
    ignored = []
    for name, is_folder in folder.holds("").items():
        if not is_folder or name in _NO_VERSIONS:
            continue
        digits = re.match(r"\s*[+-]?[0-9]{1,18}", name)  # as std::stoll
        if digits is None or (len(name) > 1 and name[0] == "0"):
            ignored.append(name)
        else:
            found[int(digits[0])] = name
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
    folder: ModelFolder, config: ModelConfig, versions: tuple[str, ...], engine: Engine
) -> tuple[str, ...]:
    """Return the path of the model's file in each version; none if the config moves it elsewhere.

    Raises:
        ModelRejected: a version lacks the file that its backend reads.
    """
    if one(config.message, "cc_model_filenames") or text(config.message, "runtime"):
        return ()
    named = text(config.message, "default_model_filename")
    return tuple(_model_file(folder, config, each, engine, named) for each in versions)


def _model_file(
    folder: ModelFolder, config: ModelConfig, version: str, engine: Engine, named: str
) -> str:
    path = posixpath.normpath(f"{version}/{named or engine.filename}")
    if path in folder.files and not engine.is_always_folder:
        return path
    inside = f"{path}/{engine.folder_holds}"
    if engine.folder_holds and inside in folder.files:
        return inside
    raise _missing(folder, config, version, engine, named)


def _missing(
    folder: ModelFolder, config: ModelConfig, version: str, engine: Engine, named: str
) -> ModelRejected:
    wanted = named or engine.filename
    names = sorted(folder.holds(version))
    there = f"it has {', '.join(names[:_MAX_SHOWN])}"[:300] if names else "it is empty"
    place = f"{folder.name:.120}/{version}"
    reads = f"the backend {engine.backend} reads {place}/{wanted:.120}, and there is no such "
    reads += "folder" if engine.is_always_folder else "file"
    fixes = []
    other = next((each for each in ENGINES if each.filename in names), None)
    if named and engine.filename in names:
        fixes.append("remove default_model_filename")
    elif other is not None and other.backend != engine.backend:
        key = f'platform: "{other.platform}"' if other.platform else f'backend: "{other.backend}"'
        fixes.append(f"write `{key}` for the file {other.filename}")
    elif len(names) == 1 and not engine.is_always_folder:
        fixes.append(f'write `default_model_filename: "{names[0]:.120}"`')
    fixes.append(f"put the model into the archive as {place}/{wanted:.120}")
    field = "default_model_filename" if named else "backend" if engine.backend else "platform"
    field = field if field in config.message else "platform"
    fix = ", or ".join(fixes)
    return config.rejected_field(field, f"{reads}; {place}: {there}.", fix[0].upper() + fix[1:])


def check_named_files(folder: ModelFolder, config: ModelConfig) -> None:
    """Check that the label files and data files that the config names are in the archive.

    Raises:
        ModelRejected: one is missing; names the line.
    """
    for tensor in messages(config.message, "output"):
        _require(folder, config, tensor, "label_filename", "")
    for warmup in messages(config.message, "model_warmup"):
        for _, entry in entries(warmup, "inputs"):
            value = message_of(entry, "value")
            if not flag(value, "zero_data") and not flag(value, "random_data"):
                _require(folder, config, value, "input_data_file", "warmup/")
    for state in messages(message_of(config.message, "sequence_batching"), "state"):
        for initial in messages(state, "initial_state"):
            _require(folder, config, initial, "data_file", "initial_state/")


def _require(
    folder: ModelFolder, config: ModelConfig, message: Message, field: str, below: str
) -> None:
    name = text(message, field)
    path = posixpath.normpath(below + name)
    if name and path not in folder.files:
        raise config.rejected(
            message.line_of(field),
            f"{field} names {name:.120}, and the archive has no {folder.name:.120}/{path:.200}.",
            f"Put the file there, or correct {field}",
        )
