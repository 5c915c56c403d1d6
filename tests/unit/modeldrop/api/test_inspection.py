"""`modeldrop.inspect`, and the cost of `import modeldrop`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import onnx
import pytest

import modeldrop
from model_packager.rejection import ModelRejected
from tests.onnx_models import linear


def test_report_has_signature_warnings_and_config(tmp_path: Path) -> None:
    file = tmp_path / "<b>double.onnx"
    onnx.save(linear(), file)
    report = modeldrop.inspect(file, name="double")
    assert report.model == "double"
    assert [each.name for each in report.signature.inputs] == ["x"]
    assert "onnxruntime" in report.config
    assert "is valid" in str(report)
    assert "<b>double.onnx" in str(report)
    assert "&lt;b&gt;double.onnx" in report._repr_html_()


def test_rejection_has_cause_and_fix(tmp_path: Path) -> None:
    file = tmp_path / "model.pt"
    file.write_bytes(b"<html>")
    with pytest.raises(ModelRejected) as rejected:
        modeldrop.inspect(file)
    assert rejected.value.cause
    assert rejected.value.fix


def test_import_loads_nothing_else() -> None:
    program = "import sys, modeldrop; print(*[each for each in sys.modules if 'drop' in each])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert [each for each in done.stdout.split() if not each.startswith("__")] == ["modeldrop"]


def test_every_public_name_exists() -> None:
    assert {name for name in dir(modeldrop) if not hasattr(modeldrop, name)} == set()
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = modeldrop.nothing
