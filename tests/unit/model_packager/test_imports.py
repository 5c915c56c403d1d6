"""Lambda functions do not import torch, and the inspection needs neither numpy nor boto3."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEAVY = {"torch", "torchvision", "numpy", "boto3", "botocore", "tritonclient", "PIL"}

PROGRAM = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.slow
def test_only_the_exporter_imports_anything_heavy() -> None:
    files = (ROOT / "model_packager").rglob("*.py")
    modules = {".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files}
    assert "model_packager.formats.onnx.format" in modules
    light = {each for each in modules if "exporter" not in each.split(".")}
    ran = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM, str(ROOT), *light],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not HEAVY & set(ran.stdout.split())
