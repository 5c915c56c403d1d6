"""The interface of the libraries that run a model on a CPU: ONNX Runtime and PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from model_client.arrays import Tensors
    from model_packager.signature import Signature


class RunFailed(Exception):
    """The model fails on this input. The text comes from the engine."""


class NotEnoughMemory(Exception):
    """The model needs more memory than the process has."""


class LoadedModel(Protocol):
    """A model in memory."""

    def run(self, tensors: Tensors) -> Tensors:
        """Run the model with arrays by name, in the form that Triton passes and expects.

        Raises:
            RunFailed: the model fails on this input.
            NotEnoughMemory: the model needs more memory.
            SmokeTestFailed: Triton cannot serve its outputs.
        """
        ...


@dataclass(frozen=True)
class Engine:
    """The loader of models in a format.

    Attributes:
        title: the name and version, such as "ONNX Runtime 1.31.1".
        load: loads a file, or raises any exception.
        diagnose: returns cause and fix for the text of a RunFailed, or None.
    """

    title: str
    load: Callable[[Path, Signature], LoadedModel]
    diagnose: Callable[[str], tuple[str, str] | None] = lambda _reason: None
