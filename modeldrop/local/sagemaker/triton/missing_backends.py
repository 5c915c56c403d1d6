"""Rejects models for backends that the container has but the local tritonserver lacks.

The wheel's tritonserver has only the Python backend; `triton_backends` replaces two other backends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.formats.pbtxt_reader import Message, PbtxtDamaged, parse_pbtxt
from model_packager.formats.triton_repository.config.model_config import message_of, messages, text

if TYPE_CHECKING:
    from pathlib import Path

_NO_BACKEND = "for which the local tritonserver has no backend"
UNSUPPORTED = {
    "tensorrt_plan": "which needs an NVIDIA GPU",
    "tensorrt": "which needs an NVIDIA GPU",
    "tensorrtllm": "which needs an NVIDIA GPU",
    "vllm": "which needs an NVIDIA GPU",
    "torch_aoti": "which Triton supports from 26.03 on, and the local tritonserver is of 24.10",
    "tensorflow_savedmodel": _NO_BACKEND,
    "tensorflow_graphdef": _NO_BACKEND,
    "tensorflow": _NO_BACKEND,
    "openvino": _NO_BACKEND,
    "dali": _NO_BACKEND,
    "fil": _NO_BACKEND,
}


def missing_backend(repository: Path, model: str) -> str | None:
    """Return the reason why a model cannot be served locally, or None.

    Args:
        repository: the model repository.
        model: the model to load. If it is an ensemble, its steps are checked, too.
    """
    waiting, seen = [model], set[str]()
    while waiting:
        name = waiting.pop()
        config = _config(repository / name / "config.pbtxt")
        for field in ("platform", "backend"):
            value = text(config, field)
            if value in UNSUPPORTED:
                return (
                    f"The embedded cloud does not serve the model {name}: its {field} is {value}, "
                    f"{UNSUPPORTED[value]}. Its package is valid for AWS; deploy it there."
                )
        seen.add(name)
        waiting += [step for step in _steps(config) if step not in seen]
    return None


def _config(file: Path) -> Message:
    try:
        return parse_pbtxt(file.read_text())
    except (OSError, UnicodeDecodeError, PbtxtDamaged):
        return Message()


def _steps(config: Message) -> list[str]:
    steps = messages(message_of(config, "ensemble_scheduling"), "step")
    return [text(step, "model_name") for step in steps]
