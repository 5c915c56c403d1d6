"""A whole Triton model repository, dropped as model.tar.gz: checked, and copied unchanged.

Its models have their own config.pbtxt; several models and ensembles are fine. This module rejects
archives with which the container's `serve` exits (triton-inference-server/server,
docker/sagemaker/serve), and layouts that Triton cannot load.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from model_packager.dtype import Dtype
from model_packager.formats import file_kind
from model_packager.formats.base import Content, ModelFormat, ReadyMade
from model_packager.formats.pbtxt_reader import (
    Message,
    PbtxtDamaged,
    PbtxtTooLarge,
    TokenBudget,
    Value,
    Word,
    parse_pbtxt,
)
from model_packager.formats.tar_stream import Member, TarDamaged, members
from model_packager.rejection import ModelRejected, SpecRejected
from model_packager.signature import MAX_TENSORS, Signature, Tensor
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.triton_spec import TensorSpec
from model_packager.spec.yaml_lines import open_tensor_line

CONFIG_FILE = "config.pbtxt"
MAX_CONFIG_BYTES = 100 * 1024
"""The default model's config is part of the state data (`aws_limits.STATE_DATA_BYTES`)."""

MAX_CONFIGS_BYTES = 2 * 1024 * 1024
MAX_CONFIG_TOKENS = 200_000
"""For all configs of an archive. A config of Modeldrop has 3 KB and 300 tokens; these many take a
second and 60 MB."""

MAX_MODELS = 200

_AGAIN = "pack the repository again and upload it."
_PACK = (
    "Pack the repository's content, with the models' folders at the archive's root: "
    "`tar -czf model.tar.gz -C my_repository .`; then upload it again."
)
_OF_THE_ARCHIVE = ("instance_group", "dynamic_batching")


@dataclass
class _Model:
    """The files of one model in the archive."""

    config: str | None = None
    versions: bool = False


def read_repository(file: BinaryIO, model: str) -> Content:
    """Check a repository and choose the model that serves the endpoint's requests.

    That is the model with the name of the drop, else the only model, else the only ensemble.

    Args:
        file: seekable; it is unpacked once in one pass, and only the configs stay in memory.
        model: the drop's name.

    Raises:
        ModelRejected: this is not a model repository, or the container cannot serve it.
    """
    try:
        model_files = _models(members(file, CONFIG_FILE, MAX_CONFIG_BYTES))
    except TarDamaged as damage:
        raise ModelRejected(
            f"The file is not a valid archive of a model repository: {damage}.",
            "Pack plain files and folders with `tar -czf model.tar.gz -C my_repository .`, compare "
            "the sizes after the upload, and upload it again.",
        ) from damage
    budget = TokenBudget(MAX_CONFIG_TOKENS)
    configs = {
        name: _config(name, each, budget)
        for name, each in model_files.items()
        if each.config is not None
    }
    default = _default_model(model, model_files, configs)
    for name, config in configs.items():
        _check_model(name, model_files, config)
    config = configs[default]
    ready_made = ReadyMade(
        default_model=default,
        config_pbtxt=model_files[default].config or "",
        has_labels=any("label_filename" in each for each in _messages(config, "output")[:1]),
    )
    return Content(signature=lambda spec: _signature(default, config, spec), ready_made=ready_made)


REPOSITORY = ModelFormat(
    object_name="model.tar.gz",
    title="a model repository",
    summary="a whole Triton model repository, ensembles included",
    spec="nothing",
    read=read_repository,
    engine=("backend", ""),  # each model's config.pbtxt has it
    path=None,
    buffer_bytes=4 * 1024 * 1024,
    recognizes=lambda file: file_kind.is_repository(file_kind.names_in_tar_gz(file)),
)


def _models(model_files: Iterable[Member]) -> dict[str, _Model]:
    models: dict[str, _Model] = {}
    deeper: list[str] = []
    config_bytes = 0
    for member in model_files:
        path = member.path
        config_bytes += len(member.content or b"")
        if config_bytes > MAX_CONFIGS_BYTES:
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
                "<model name>/1/<model file>. " + _PACK,
            )
        if not path or (len(path) == 1 and not member.is_folder):
            continue  # a README beside the models does no harm
        model = models.setdefault(path[0], _Model())
        if len(models) > MAX_MODELS:
            raise ModelRejected(
                f"The archive has more than {MAX_MODELS} folders at its root.",
                "Upload a repository with fewer models.",
            )
        _take(model, member, deeper)
    if not any(each.config is not None for each in models.values()):
        raise _no_models(deeper)
    return models


def _take(model: _Model, member: Member, deeper: list[str]) -> None:
    path = member.path
    if len(path) > 1 and path[1].isdigit() and (member.is_folder or len(path) > 2):
        model.versions = True
    if member.content is None:
        return
    if len(path) == 2:
        model.config = _text(path, member.content)
    elif not deeper:
        deeper.append("/".join(path))


def _no_models(deeper: list[str]) -> ModelRejected:
    if deeper:
        return ModelRejected(
            f"The models' folders are not at the archive's root: {deeper[0]:.120}.", _PACK
        )
    return ModelRejected(
        "The archive contains no <model name>/config.pbtxt: it is not a Triton model repository.",
        "Upload the model's file itself (model.pt, model.onnx, …), and Modeldrop "
        "writes its config; or write a config.pbtxt for each model. " + _PACK,
    )


def _text(path: tuple[str, ...], content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ModelRejected(
            f"{'/'.join(path):.120} is not UTF-8 text.", f"Save it as UTF-8, {_AGAIN}"
        ) from error


def _config(name: str, model: _Model, budget: TokenBudget) -> Message:
    try:
        return parse_pbtxt(model.config or "", budget)
    except PbtxtTooLarge as damage:
        raise ModelRejected(
            f"{name:.120}/config.pbtxt is too large: {damage}.",
            "Shorten it, or upload a repository with fewer models.",
        ) from damage
    except PbtxtDamaged as damage:
        raise ModelRejected(
            f"{name:.120}/config.pbtxt cannot be read: {damage}.",
            "Fix it (protobuf's text format: `max_batch_size: 8`, `input [ { … } ]`), " + _AGAIN,
        ) from damage


def _default_model(model: str, model_files: dict[str, _Model], configs: dict[str, Message]) -> str:
    ensembles = [name for name, config in configs.items() if _one(config, "platform") == "ensemble"]
    if model in configs:
        return model
    if len(configs) == 1:
        return next(iter(configs))
    if len(ensembles) == 1:
        return ensembles[0]
    raise ModelRejected(
        f"The archive contains the models {', '.join(sorted(model_files)):.500}, and none is "
        "marked as the one that serves the endpoint's requests.",
        "Upload it as <one of these names>/model.tar.gz. That model can use the others in an "
        "ensemble or through calls from its Python backend.",
    )


def _check_model(name: str, model_files: dict[str, _Model], config: Message) -> None:
    stated = _one(config, "name")
    if stated not in (None, "", name):
        raise ModelRejected(
            f"The model in the folder {name:.120} is called {stated!r:.120} in its config.pbtxt; "
            "Triton needs the same name.",
            f"Rename one of them (or leave `name` out of config.pbtxt), {_AGAIN}",
        )
    if not model_files[name].versions:
        raise ModelRejected(
            f"The model {name:.120} has no version: a folder with a number as its name.",
            f"Put the model's file into {name:.120}/1/ (an ensemble needs that folder too, empty), "
            + _AGAIN,
        )
    for step in (
        step
        for scheduling in _messages(config, "ensemble_scheduling")
        for step in _messages(scheduling, "step")
    ):
        needed = str(_one(step, "model_name"))
        if needed not in model_files:
            raise ModelRejected(
                f"The ensemble {name:.120} has a step {needed:.120}, but the archive has no such "
                "model.",
                f"Add the folder {needed:.120}/ to the repository, or correct the step's "
                "model_name; " + _AGAIN,
            )


def _signature(name: str, config: Message, spec: DeploySpec) -> Signature:
    _refuse_what_the_config_decides(name, spec)
    max_batch_size = _one(config, "max_batch_size") or 0
    if not isinstance(max_batch_size, int) or not 0 <= max_batch_size <= 2**31 - 1:
        raise _odd(name, f"max_batch_size {max_batch_size!r:.80}")
    if spec.max_batch_size not in (None, max_batch_size):
        raise SpecRejected(
            f"max_batch_size is {spec.max_batch_size} in deploy.yaml but {max_batch_size} in "
            f"{name:.120}/config.pbtxt, which is what Triton reads.",
            f"Remove it from deploy.yaml, or change it in config.pbtxt; {_AGAIN}",
        )
    declared = {each.name: each for each in (*(spec.inputs or ()), *(spec.outputs or ()))}
    inputs = tuple(
        _tensor(name, each, declared, is_input=True) for each in _messages(config, "input")
    )
    outputs = tuple(
        _tensor(name, each, declared, is_input=False) for each in _messages(config, "output")
    )
    for kind, tensors in (("input", inputs), ("output", outputs)):
        if not tensors:
            raise ModelRejected(
                f"{name:.120}/config.pbtxt declares no {kind}. Triton may detect it, but the "
                "smoke test cannot.",
                f'Add `{kind} [ {{ name: "NAME" data_type: TYPE_FP32 dims: [ SIZE ] }} ]` to it, '
                + _AGAIN,
            )
        if len(tensors) > MAX_TENSORS:
            raise _odd(name, f"{len(tensors):,} {kind}s; the maximum is {MAX_TENSORS:,}")
    unknown = set(declared) - {each.name for each in (*inputs, *outputs)}
    if unknown:
        raise SpecRejected(
            f"deploy.yaml names {', '.join(sorted(unknown)):.300}, but "
            f"{name:.120}/config.pbtxt has no such input or output.",
            "Use the names of config.pbtxt, or remove them from deploy.yaml; then upload it again.",
        )
    return Signature(inputs=inputs, outputs=outputs, max_batch_size=max_batch_size)


def _refuse_what_the_config_decides(name: str, spec: DeploySpec) -> None:
    set_here = [key for key in _OF_THE_ARCHIVE if key in spec.model_fields_set]
    if set_here:
        raise SpecRejected(
            f"deploy.yaml sets {' and '.join(set_here)}, but the archive has its own config.pbtxt, "
            "which Modeldrop does not change.",
            f"Set it in {name:.120}/config.pbtxt and remove it from deploy.yaml; {_AGAIN}",
        )


def _tensor(
    model: str, config: Message, declared: dict[str, TensorSpec], *, is_input: bool
) -> Tensor:
    name, stated = _one(config, "name"), _one(config, "data_type")
    dtype = stated.text.removeprefix("TYPE_") if isinstance(stated, Word) else str(stated)
    dims = tuple(config.get("dims", ()))
    if not isinstance(name, str) or not name:
        raise _odd(model, "an input or output without a name")
    if dtype not in Dtype.__members__:
        raise ModelRejected(
            f"{model:.120}/config.pbtxt has {name:.120} of the type {dtype:.40}, but the smoke "
            f"test supports {', '.join(Dtype)}.",
            "Use one of these types for the inputs and outputs of the endpoint's model (text and "
            "files: UINT8), " + _AGAIN,
        )
    if not dims or not all(isinstance(size, int) and (size > 0 or size == -1) for size in dims):
        raise _odd(model, f"{name:.120} with the dims {list(dims)!r:.120}")
    whole = tuple(size for size in dims if isinstance(size, int))
    spec = declared.get(name)
    if spec is not None and (spec.dtype != dtype or spec.dims != whole):
        raise SpecRejected(
            f"{name:.120} is {spec.dtype} {list(spec.dims)} in deploy.yaml and {dtype} "
            f"{list(whole)} in {model:.120}/config.pbtxt, which is what Triton reads.",
            "Write the same in deploy.yaml (only example_dims has an effect there), or remove it; "
            "then upload it again.",
        )
    if not is_input:
        return Tensor(name=name, dtype=Dtype(dtype), dims=whole)
    example = spec.example_dims if spec is not None else None
    if example is None and -1 in whole:
        raise SpecRejected(
            f"The input {name:.120} of {model:.120} has the open dims {list(whole)}, and no test "
            "size is set.",
            "Put a file deploy.yaml beside model.tar.gz with these lines, with a number for each "
            "SIZE, and upload it again:\ninputs:\n" + open_tensor_line(name, dtype, whole),
        )
    return Tensor(name=name, dtype=Dtype(dtype), dims=whole, example_dims=example or whole)


def _odd(model: str, what: str) -> ModelRejected:
    return ModelRejected(
        f"{model:.120}/config.pbtxt has {what}, which Triton does not accept.", f"Fix it, {_AGAIN}"
    )


def _one(message: Message, name: str) -> Value | None:
    """The last value applies, as in protobuf."""
    values = message.get(name)
    return values[-1] if values else None


def _messages(message: Message, name: str) -> list[Message]:
    return [each for each in message.get(name, ()) if isinstance(each, dict)]
