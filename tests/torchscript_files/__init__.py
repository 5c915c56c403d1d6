"""TorchScript files for tests that do not import torch, because its import takes seconds.

    .venv/bin/python -m tests.torchscript_files.write

writes them again.
"""

from pathlib import Path

LINEAR = Path(__file__).with_name("linear.pt")
"""A traced model: FP32 [1, 3] to FP32 [1, 2]."""

LINEAR_FLOAT64 = Path(__file__).with_name("linear_float64.pt")
"""The same in FP64."""
