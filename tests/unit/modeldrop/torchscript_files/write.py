"""Writes the TorchScript files that the commands' tests read.

    .venv/bin/python -m tests.unit.modeldrop.torchscript_files.write

The tests read files, because the import of torch takes seconds.
"""

from pathlib import Path
from typing import Any

import torch

FOLDER = Path(__file__).parent


def main() -> None:
    trace: Any = torch.jit.trace
    for name, dtype in (("linear", torch.float32), ("linear_float64", torch.float64)):
        module = torch.nn.Linear(3, 2, dtype=dtype).eval()
        traced = trace(module, torch.rand(1, 3, dtype=dtype), check_trace=False)
        traced.save(str(FOLDER / f"{name}.pt"))


if __name__ == "__main__":
    main()
