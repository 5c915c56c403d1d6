"""A model of any size with negligible inference time, to measure the other costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from model_packager.exporter import ModelToExport, export

if TYPE_CHECKING:
    from pathlib import Path


class Heavy(torch.nn.Module):
    """Adds the first four of its weights to an FP32 [N, 4] input."""

    def __init__(self, megabytes: int) -> None:
        super().__init__()
        self.weights = torch.nn.Parameter(torch.randn(megabytes * 250_000) * 0.02)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the first four weights."""
        return x + self.weights[:4]


def save_model(path: Path, megabytes: int, seed: int = 0) -> Path:
    """Export a model with `megabytes` of float32 weights. Another seed gives different bytes."""
    torch.manual_seed(seed)
    export(ModelToExport(Heavy(megabytes), (torch.ones(1, 4),)), path)
    return path
