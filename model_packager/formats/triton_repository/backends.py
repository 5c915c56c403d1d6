"""How Triton chooses a backend for a model.

Source: `AutoCompleteBackendFields` and `ValidateModelConfig` in triton-inference-server/core,
src/model_config_utils.cc.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from model_packager.formats.triton_backends import TRITON_BACKENDS, TritonBackend
from model_packager.formats.triton_repository.config.model_config import ModelConfig, text

ENSEMBLE = "ensemble"

_WITH_PLATFORM = ("tensorflow", "tensorrt", "onnxruntime", "pytorch")
OTHER_BACKENDS = (
    "dali",
    "fil",
    "identity",
    "repeat",
    "square",
    "tensorrtllm",
    "vllm",
)
"""Other backends that an image may have, whose files are not checked."""

_PLATFORMS = (*(each.platform for each in TRITON_BACKENDS if each.platform), ENSEMBLE)
_BACKENDS = tuple(dict.fromkeys(each.name for each in TRITON_BACKENDS)) + OTHER_BACKENDS


def backend_of(
    config: ModelConfig, version: Mapping[str, bool], *, library: bool
) -> TritonBackend | None:
    """Return the backend that Triton chooses; None for an ensemble or another backend.

    Args:
        config: the model's configuration.
        version: the names in the first version's folder, and whether each is a folder.
        library: whether the model's folder has a shared library of a backend.

    Raises:
        ModelRejected: Triton finds no backend, or platform and backend contradict each other.
    """
    backend, platform = text(config.message, "backend"), text(config.message, "platform")
    if platform == ENSEMBLE:
        if backend:
            raise config.rejected_field(
                "backend", f"an ensemble has no backend, but it names {backend:.60}.", "Remove it"
            )
        return None
    chosen = _chosen(config, version, backend, platform)
    if chosen is not None:
        return chosen
    if not backend:
        if not platform and "." in config.model:
            return None  # Triton takes the part after the dot as the backend
        raise _no_backend(config, platform)
    if backend in _WITH_PLATFORM:
        allowed = " or ".join(each.platform for each in TRITON_BACKENDS if each.name == backend)
        raise config.rejected_field(
            "platform",
            f"the backend {backend} does not accept the platform {platform!r:.60}.",
            f'Write `platform: "{allowed}"`, or remove platform',
        )
    if backend not in _BACKENDS and not library:
        near = difflib.get_close_matches(backend, _BACKENDS, n=1)
        raise config.rejected_field(
            "backend",
            f"Triton's image has no backend {backend!r:.60}, and the model's folder has no "
            f"libtriton_{backend:.60}.so.",
            f'Write `backend: "{near[0] if near else "python"}"`, or put the library into the '
            "model's folder",
        )
    return None


def _chosen(
    config: ModelConfig, version: Mapping[str, bool], backend: str, platform: str
) -> TritonBackend | None:
    filename = text(config.message, "default_model_filename")
    if backend == "pytorch" and not platform:
        platform = "pytorch_libtorch"  # whatever the files are
    for each in TRITON_BACKENDS:
        if backend and each.name != backend:
            continue
        if platform:
            matches = each.platform == platform or (not each.platform and backend != "")
        elif filename:
            matches = each.filename == filename
        else:
            matches = version.get(each.filename) in _kinds(each)
        if matches:
            return each
    if backend and not platform:  # the file is checked later
        return next((each for each in TRITON_BACKENDS if each.name == backend), None)
    if not backend and platform not in _PLATFORMS and filename:
        return next(
            (e for e in TRITON_BACKENDS if e.filename == filename and e.name not in _WITH_PLATFORM),
            None,
        )
    return None


def _kinds(backend: TritonBackend) -> tuple[bool, ...]:
    if backend.is_always_folder:
        return (True,)
    return (False, True) if backend.folder_holds else (False,)


def _no_backend(config: ModelConfig, platform: str) -> Exception:
    if platform:
        near = difflib.get_close_matches(platform, (*_PLATFORMS, *_BACKENDS), n=1, cutoff=0.4)
        as_backend = platform in _BACKENDS
        key = "backend" if as_backend or (near and near[0] not in _PLATFORMS) else "platform"
        value = platform if as_backend else near[0] if near else "pytorch_libtorch"
        return config.rejected_field(
            "platform",
            f"Triton has no platform {platform!r:.60}.",
            f'Write `{key}: "{value}"` in its place',
        )
    return config.rejected(
        None,
        "it names neither a backend nor a platform, and the version's folder has no file from "
        "which Triton could tell.",
        'Write `platform: "pytorch_libtorch"` (or onnxruntime_onnx, tensorrt_plan), or '
        '`backend: "python"`, and name the model\'s file as the backend expects (model.pt, '
        "model.onnx, model.plan, model.py)",
    )
