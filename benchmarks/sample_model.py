"""A model of any size whose inference costs nothing: what is measured is all the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from model_packager.exporter import ModelToExport, export

if TYPE_CHECKING:
    from pathlib import Path


class Heavy(torch.nn.Module):
    """FP32 [N, 4] to the same plus the first weights, of very many."""

    def __init__(self, megabytes: int) -> None:
        super().__init__()
        self.weights = torch.nn.Parameter(torch.randn(megabytes * 250_000) * 0.02)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the first four."""
        return x + self.weights[:4]


def save_model(path: Path, megabytes: int, seed: int = 0) -> Path:
    """Export one with float32 weights of so many megabytes; another seed gives other bytes."""
    torch.manual_seed(seed)
    export(ModelToExport(Heavy(megabytes), (torch.ones(1, 4),)), path)
    return path
