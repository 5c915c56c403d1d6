"""What runs a model on a CPU: ONNX Runtime, or PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from model_client.arrays import Tensors
    from model_packager.signature import Signature


class RunFailed(Exception):
    """The model fails on this input. The text is the engine's."""


class NotEnoughMemory(Exception):
    """The model needs more memory than the process has."""


class LoadedModel(Protocol):
    """A model in memory."""

    def run(self, tensors: Tensors) -> Tensors:
        """Run the model: arrays by name, as Triton passes and expects them.

        Raises:
            RunFailed: the model fails on this input.
            NotEnoughMemory: it needs more memory.
            SmokeTestFailed: Triton cannot serve what it returns.
        """
        ...


@dataclass(frozen=True)
class Engine:
    """How to load models of a format.

    Attributes:
        title: with its version, such as "ONNX Runtime 1.31.1".
        load: loads a file; raises any exception for a file that it cannot load.
        diagnose: returns cause and fix for a text of RunFailed, or None.
    """

    title: str
    load: Callable[[Path, Signature], LoadedModel]
    diagnose: Callable[[str], tuple[str, str] | None] = lambda _reason: None
