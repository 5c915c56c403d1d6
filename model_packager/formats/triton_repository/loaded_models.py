"""Checks the models that the container loads: the default model, and every model that it needs.

These are the steps of its ensemble, and the models that Python code calls.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from model_packager.formats.triton_backends import TritonBackend
from model_packager.formats.triton_repository.archive_configs import Configs
from model_packager.formats.triton_repository.backends import ENSEMBLE, backend_of
from model_packager.formats.triton_repository.config.model_config import (
    ModelConfig,
    flag,
    message_of,
    text,
)
from model_packager.formats.triton_repository.config.scheduling import check_scheduling
from model_packager.formats.triton_repository.config.tensors import check_tensors
from model_packager.formats.triton_repository.ensemble import (
    check_circles,
    check_ensemble,
    check_step_versions,
    steps_of,
)
from model_packager.formats.triton_repository.folder_names import (
    refuse_other_letters,
    refuse_white_space,
)
from model_packager.formats.triton_repository.model_inside import ModelInside, read_model_inside
from model_packager.formats.triton_repository.python_code import (
    called_models,
    check_environment,
    check_file_name,
)
from model_packager.formats.triton_repository.repository_files import ModelFolder, RepositoryFiles
from model_packager.formats.triton_repository.versions import (
    check_named_files,
    check_runtime,
    first_version,
    loaded_versions,
    model_files,
)
from model_packager.formats.triton_repository.warmups import check_warmups


@dataclass(frozen=True)
class LoadedModel:
    """A model that the container loads.

    Attributes:
        config: its configuration, as Triton completes it.
        versions: the versions that Triton loads.
        backend: its backend; None for an ensemble, for example.
        paths: the path of its file in each version.
        inside: the content of these files.
    """

    config: ModelConfig
    versions: tuple[str, ...]
    backend: TritonBackend | None
    paths: tuple[str, ...]
    inside: tuple[ModelInside, ...]


def load_models(
    files: RepositoryFiles, configs: Configs, default: str
) -> tuple[dict[str, LoadedModel], tuple[str, ...]]:
    """Check the default model, and every model that it needs.

    Returns:
        The models by name, and the names of those that Python code calls.

    Raises:
        ModelRejected: Triton cannot load one of them, or they do not fit each other.
    """
    loaded: dict[str, LoadedModel] = {}
    called: list[str] = []
    waiting = [default]
    while waiting:
        name = waiting.pop()
        if name in loaded:
            continue
        refuse_other_letters(name)
        config = configs.read(name)
        loaded[name] = _check_model(files, files.models[name], config)
        calls = _called(files, loaded[name])
        called += calls
        waiting += [*_steps(files, config), *calls]
    by_name = {name: each.config for name, each in loaded.items()}
    versions = {name: each.versions for name, each in loaded.items()}
    check_circles(by_name)
    for each in by_name.values():
        if text(each.message, "platform") == ENSEMBLE:
            check_ensemble(each, by_name)
            check_step_versions(each, versions)
    _refuse_decoupled(loaded[default].config)
    return loaded, tuple(each for each in dict.fromkeys(called) if each != default)


def _check_model(files: RepositoryFiles, folder: ModelFolder, config: ModelConfig) -> LoadedModel:
    stated = text(config.message, "name")
    if stated not in ("", folder.name):
        raise config.rejected_field(
            "name",
            f"the model in the folder {folder.name:.120} is called {stated!r:.120}; Triton needs "
            "the same name.",
            "Rename one of them, or remove name",
        )
    versions = loaded_versions(folder, config)
    library = any(posixpath.basename(each).startswith("libtriton_") for each in folder.files)
    backend = backend_of(config, first_version(folder), library=library)
    check_file_name(config, backend)
    paths = model_files(folder, config, versions, backend) if backend is not None else ()
    if backend is not None:
        check_runtime(folder, config, versions, backend)
    check_tensors(config, backend)
    check_scheduling(config)
    check_named_files(folder, config)
    if backend is not None and backend.name == "python":
        check_environment(folder, config)
    inside = tuple(read_model_inside(files, config, backend, path) for path in paths if backend)
    if inside and inside[0].config.completed:  # requests go to the newest version
        config = inside[0].config
        check_tensors(config, backend)
    if text(config.message, "platform") != ENSEMBLE:
        check_warmups(files, config)
    return LoadedModel(config, versions, backend, paths, inside)


def _steps(files: RepositoryFiles, config: ModelConfig) -> list[str]:
    """Return the models of an ensemble's steps, which Triton loads with it."""
    needed = []
    for step in steps_of(config):
        name = text(step, "model_name")
        if name not in files.models:
            raise config.rejected(
                step.line_of("model_name"),
                f"the ensemble {config.model:.120} has a step {name:.120}, but the archive has no "
                "such model.",
                f"Add the folder {name:.120}/ to the repository, or correct the step's model_name",
            )
        needed.append(name)
    return needed


def _called(files: RepositoryFiles, model: LoadedModel) -> list[str]:
    """Return the models that Python code calls."""
    if model.backend is None or model.backend.name != "python":
        return []
    called = [
        each for path in model.paths for each in called_models(files, model.config.model, path)
    ]
    for each in called:
        refuse_white_space(each)
    return called


def _refuse_decoupled(config: ModelConfig) -> None:
    policy = message_of(config.message, "model_transaction_policy")
    if flag(policy, "decoupled"):
        raise config.rejected(
            policy.line_of("decoupled"),
            "the model is decoupled: it sends any number of responses to a request, and "
            "SageMaker's InvokeEndpoint returns exactly one.",
            "Return one response for each request and remove `decoupled: true`, or call the model "
            "from another Python model that collects its responses",
        )
