"""Writes the TorchScript files."""

from typing import Any

import torch

from tests.torchscript_files import LINEAR, LINEAR_FLOAT64


def main() -> None:
    trace: Any = torch.jit.trace
    for file, dtype in ((LINEAR, torch.float32), (LINEAR_FLOAT64, torch.float64)):
        module = torch.nn.Linear(3, 2, dtype=dtype).eval()
        trace(module, torch.rand(1, 3, dtype=dtype), check_trace=False).save(str(file))


if __name__ == "__main__":
    main()
