"""A model with what the exporter needs to know about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from model_packager.rejection import Rejection


class ExportRejected(Rejection):
    """The model cannot be exported as it is."""


@dataclass(frozen=True)
class ModelToExport:
    """What a factory returns.

    Attributes:
        module: the model, which is exported in evaluation mode, on the CPU.
        example_inputs: the arguments of `forward`, one tensor each. A leading
            dimension of 1 in all of them (rank 2 or more) stands for the batch.
        labels: the names of the classes, in the order of the first output.
        spec: keys of deploy.yaml to add or override.
    """

    module: torch.nn.Module
    example_inputs: tuple[torch.Tensor, ...]
    labels: tuple[str, ...] | None = None
    spec: Mapping[str, Any] = field(default_factory=dict)
