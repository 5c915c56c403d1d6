"""torch without its compilers, in a separate process, because this one has imported all parts."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch

from modeldrop.local.sagemaker.triton_backends.pytorch import torch_import

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import sys
from torch_import import import_torch
torch = import_torch()
model = torch.jit.load(sys.argv[1]).eval()
with torch.inference_mode():
    print(model(torch.ones(1, 2)).tolist())
print("torch._decomp.decompositions" in sys.modules)
"""


class Scaled(torch.nn.Module):
    """Also calls a quantized operator, whose Python part `torch.export` would import."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rounded = torch.quantize_per_tensor(x * 3, 0.5, 0, torch.qint8)
        return rounded.dequantize()


@pytest.mark.slow
def test_model_runs_without_the_compilers(tmp_path: Path) -> None:
    file = tmp_path / "model.pt"
    torch.jit.script(Scaled()).save(str(file))

    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, str(file)],
        env={"PYTHONPATH": torch_import.__file__.rpartition("/")[0]},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stdout.splitlines() == ["[[3.0, 3.0]]", "False"]


def test_process_with_torch_keeps_all_of_it() -> None:
    assert torch_import.import_torch() is torch
    assert torch.export.Dim.__name__ == "Dim"
