"""A Lambda function has no torch, and inspecting a model needs neither numpy nor boto3."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
HEAVY = {"torch", "torchvision", "numpy", "boto3", "botocore", "tritonclient", "PIL"}

PROGRAM = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(f"model_packager.{name}")
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_only_the_exporter_imports_anything_heavy() -> None:
    modules = [path.stem for path in (ROOT / "model_packager").glob("*.py")]
    assert "exporter" in modules
    light = [name for name in modules if name not in ("exporter", "__init__")]
    ran = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM, str(ROOT), *light],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not HEAVY & set(ran.stdout.split())
