"""A whole Triton model repository, dropped as model.tar.gz, which is checked and copied unchanged.

Its models have their own config.pbtxt; several models and ensembles are allowed. The checks cover
only the models that the container loads: the model that serves requests, the steps of its ensemble,
and the models that Python code calls. They reject archives with which the container's `serve` exits
(triton-inference-server/server, docker/sagemaker/serve), and models that Triton cannot load.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

from model_packager.formats import file_kind
from model_packager.formats.archives.unpacked_file import TooManyReads
from model_packager.formats.base import Content, ModelFormat, ReadyMade
from model_packager.formats.triton_repository.archive_configs import Configs
from model_packager.formats.triton_repository.config.instance_groups import check_host
from model_packager.formats.triton_repository.config.model_config import messages
from model_packager.formats.triton_repository.default_model import default_model
from model_packager.formats.triton_repository.loaded_models import LoadedModel, load_models
from model_packager.formats.triton_repository.python_code import package_warnings
from model_packager.formats.triton_repository.repository_files import RepositoryFiles
from model_packager.formats.triton_repository.signature import sequence_warnings, signature_of
from model_packager.model_warnings import Host
from model_packager.rejection import ModelRejected


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
    try:
        return _read(RepositoryFiles(file), model)
    except TooManyReads as error:
        raise ModelRejected(
            f"The archive's files cannot be read: {error}.",
            "Upload the model in its own format, such as model.onnx, or fewer models at a time.",
        ) from error


def _read(files: RepositoryFiles, model: str) -> Content:
    configs = Configs(files)
    default = default_model(model, files, configs)
    loaded, called = load_models(files, configs, default)
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


def _require_release(loaded: Mapping[str, LoadedModel], release: str) -> None:
    for model in loaded.values():
        for version in model.inside:
            version.require_release(release)


def _check_host(loaded: Mapping[str, LoadedModel], host: Host) -> None:
    for each in loaded.values():
        check_host(each.config, each.backend, host)
