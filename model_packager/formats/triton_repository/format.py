"""A whole Triton model repository, dropped as model.tar.gz, which is checked and copied unchanged.

Its models have their own config.pbtxt; several models and ensembles are allowed. The checks cover
only the models that the container loads: the model that serves requests, the steps of its ensemble,
and the models that Python code calls. They reject archives with which the container's `serve` exits
(triton-inference-server/server, docker/sagemaker/serve), and models that Triton cannot load.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from model_packager.formats import file_kind
from model_packager.formats.base import Content, ModelFormat, ReadyMade
from model_packager.formats.pbtxt_reader import (
    Message,
    PbtxtDamaged,
    PbtxtTooLarge,
    TokenBudget,
    parse_pbtxt,
)
from model_packager.formats.triton_backends import MODEL_FILENAMES, TritonBackend
from model_packager.formats.triton_repository.backends import ENSEMBLE, backend_of
from model_packager.formats.triton_repository.config_check import check_config
from model_packager.formats.triton_repository.ensemble import (
    check_circles,
    check_ensemble,
    check_step_versions,
    steps_of,
)
from model_packager.formats.triton_repository.instance_groups import check_host
from model_packager.formats.triton_repository.model_config import (
    AGAIN,
    ModelConfig,
    flag,
    message_of,
    messages,
    text,
)
from model_packager.formats.triton_repository.model_inside import (
    ModelInside,
    read_model_inside,
)
from model_packager.formats.triton_repository.python_code import (
    called_models,
    check_environment,
    check_file_name,
    package_warnings,
    unusable_in_paths,
)
from model_packager.formats.triton_repository.repository_files import ModelFolder, RepositoryFiles
from model_packager.formats.triton_repository.scheduling import check_scheduling
from model_packager.formats.triton_repository.signature import sequence_warnings, signature_of
from model_packager.formats.triton_repository.tensors import check_tensors
from model_packager.formats.triton_repository.versions import (
    check_named_files,
    check_runtime,
    first_version,
    loaded_versions,
    model_files,
)
from model_packager.formats.triton_repository.warmups import check_warmups
from model_packager.model_warnings import Host
from model_packager.rejection import ModelRejected

MAX_CONFIG_TOKENS = 100_000
"""The maximum for all configs of an archive, which takes a second and 60 MB. A config of Modeldrop
has 3 KB and 300 tokens."""


@dataclass(frozen=True)
class _Loaded:
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


def read_repository(file: BinaryIO, model: str) -> Content:
    """Check a repository and choose the model that serves the endpoint's requests.

    This is the model with the name of the drop, otherwise the only model, otherwise the only
    ensemble.

    Args:
        file: the seekable archive. One pass unpacks it and keeps only the configs in memory; later
            reads read parts of the models' files.
        model: the drop's name.

    Raises:
        ModelRejected: the file is not a model repository, or the container cannot serve it.
    """
    files = RepositoryFiles(file)
    configs = _Configs(files)
    default = _default_model(model, files, configs)
    loaded, called = _load(files, configs, default)
    config = loaded[default].config
    ready_made = ReadyMade(
        default_model=default,
        config_pbtxt=config.text or "",
        called_models=called,
        has_labels=any("label_filename" in each for each in messages(config.message, "output")[:1]),
    )
    packages = [
        warning
        for each in loaded.values()
        if each.backend is not None and each.backend.name == "python"
        for path in each.paths
        for warning in package_warnings(files, each.config, path)
    ]
    return Content(
        signature=lambda spec: signature_of(config, spec),
        warnings=lambda signature, _host: (*sequence_warnings(signature), *packages),
        ready_made=ready_made,
        check_host=lambda host: _check_host(loaded, host),
        require_release=lambda release: _require_release(loaded, release),
    )


REPOSITORY = ModelFormat(
    object_name="model.tar.gz",
    title="a model repository",
    summary="a whole Triton model repository, ensembles included",
    spec="nothing",
    read=read_repository,
    backend_field=("backend", ""),  # each model's config.pbtxt has its own
    path=None,
    buffer_bytes=4 * 1024 * 1024,
    recognizes=lambda file: file_kind.is_repository(file_kind.names_in_tar_gz(file)),
)


class _Configs:
    """The configs of an archive, which are read once and share one token budget."""

    def __init__(self, files: RepositoryFiles) -> None:
        self._damaged: dict[str, PbtxtDamaged] = {}
        self._configs: dict[str, ModelConfig] = {}
        budget = TokenBudget(MAX_CONFIG_TOKENS)
        for name, folder in files.models.items():
            message = Message()
            try:
                message = parse_pbtxt(folder.config or "", budget)
            except PbtxtTooLarge as damage:
                raise ModelRejected(
                    f"{name:.120}/config.pbtxt is too large: {damage}.",
                    "Shorten it, or upload a repository with fewer models.",
                ) from damage
            except PbtxtDamaged as damage:
                self._damaged[name] = damage
            self._configs[name] = ModelConfig(name, message, _printable(folder.config))

    def ensembles(self) -> list[str]:
        """Return the models whose platform is ensemble."""
        return [
            name
            for name, each in self._configs.items()
            if text(each.message, "platform") == ENSEMBLE
        ]

    def read(self, name: str) -> ModelConfig:
        """Return a config after checking its fields; raises ModelRejected."""
        damage = self._damaged.get(name)
        if damage is not None:
            raise ModelRejected(
                f"{name:.120}/config.pbtxt cannot be read: {damage}.",
                f"Fix it (protobuf's text format: `max_batch_size: 8`, `input [ {{ … }} ]`), "
                f"{AGAIN}",
            ) from damage
        config = self._configs[name]
        check_config(config)
        return config


def _printable(config: str | None) -> str | None:
    """Replace bytes that are not UTF-8; None stays None."""
    return config and config.encode(errors="surrogateescape").decode(errors="replace")


def _default_model(model: str, files: RepositoryFiles, configs: _Configs) -> str:
    candidates = [name for name, each in files.models.items() if each.config is not None]
    candidates = candidates or [name for name, each in files.models.items() if _is_model(each)]
    if not candidates:
        raise files.without_configs()
    ensembles = configs.ensembles()
    chosen = (
        model
        if model in files.models and _is_model(files.models[model])
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
    _refuse_white_space(chosen)
    return chosen


def _refuse_white_space(name: str) -> None:
    if any(each.isspace() for each in name):
        raise ModelRejected(
            f"The model's folder has a white space in its name: {name!r:.120}. The container's "
            "start script splits the name there, and does not start.",
            f"Rename the folder to {'_'.join(name.split())!r:.120} (and `name` in its "
            f"config.pbtxt), {AGAIN}",
        )


def _refuse_other_letters(name: str) -> None:
    """Refuse characters that Triton's Python backend cannot have in a path or command line."""
    odd = unusable_in_paths(name)
    if odd:
        raise ModelRejected(
            f"The model's folder {name!r:.120} has {odd[0]!r:.10} in its name, and Triton's Python "
            "backend cannot open such a path.",
            "Rename the folder with the letters a to z, digits, dots, _ and - (and `name` in its "
            f"config.pbtxt), {AGAIN}",
        )


def _is_model(folder: ModelFolder) -> bool:
    return folder.config is not None or not MODEL_FILENAMES.isdisjoint(first_version(folder))


def _load(
    files: RepositoryFiles, configs: _Configs, default: str
) -> tuple[dict[str, _Loaded], tuple[str, ...]]:
    """Check the default model, and every model that it needs; also return the called models."""
    loaded: dict[str, _Loaded] = {}
    called: list[str] = []
    waiting = [default]
    while waiting:
        name = waiting.pop()
        if name in loaded:
            continue
        _refuse_other_letters(name)
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


def _check_model(files: RepositoryFiles, folder: ModelFolder, config: ModelConfig) -> _Loaded:
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
    return _Loaded(config, versions, backend, paths, inside)


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


def _called(files: RepositoryFiles, model: _Loaded) -> list[str]:
    """Return the models that Python code calls."""
    if model.backend is None or model.backend.name != "python":
        return []
    called = [
        each for path in model.paths for each in called_models(files, model.config.model, path)
    ]
    for each in called:
        _refuse_white_space(each)
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


def _require_release(loaded: Mapping[str, _Loaded], release: str) -> None:
    for model in loaded.values():
        for version in model.inside:
            version.require_release(release)


def _check_host(loaded: Mapping[str, _Loaded], host: Host) -> None:
    for each in loaded.values():
        check_host(each.config, each.backend, host)
