import sys
from pathlib import Path
from typing import Any

import pytest

from model_packager.dtype import OF_TORCH_DTYPE
from model_packager.exporter import ExportRejected, export_factory
from model_packager.exporter.factory import example_input
from tests.unit.model_packager.exporter.exported_file import signature_in

FACTORIES = """
import torch
from model_packager.exporter import ModelToExport

def module():
    return torch.nn.Linear(4, 2)

def model():
    return ModelToExport(torch.nn.Linear(4, 2), (torch.rand(1, 4),))

def text():
    return "text"

number = 3
"""


@pytest.fixture
def factories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "some_factories.py").write_text(FACTORIES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "some_factories", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "inputs"), [("model", ()), ("module", ("FP32[4]",)), ("module", ("FP32[ 4 ]",))]
)
def test_factories(name: str, inputs: tuple[str, ...], factories: Path) -> None:
    path = factories / "model.pt"
    export_factory(f"some_factories:{name}", path, inputs=inputs)
    signature = signature_in(path)
    assert (signature.inputs[0].dims, signature.outputs[0].dims) == ((4,), (2,))


@pytest.mark.parametrize(
    ("reference", "inputs", "words"),
    [
        ("some_factories", (), "is not a reference to a function"),
        ("no_such_module:model", (), "cannot be imported: No module named"),
        ("some_factories:other", (), "has no function 'other'"),
        ("some_factories:number", (), "has no function 'number'"),
        ("some_factories:text", (), "returned a str"),
        ("some_factories:module", (), "without its inputs"),
        ("some_factories:module", ("4",), "The input '4' cannot be read"),
        ("some_factories:module", ("BF16[4]",), "The input 'BF16[4]' cannot be read"),
        ("some_factories:module", ("FP32[0]",), "The input 'FP32[0]' cannot be read"),
    ],
)
def test_bad_references(
    reference: str, inputs: tuple[str, ...], words: str, factories: Path
) -> None:
    with pytest.raises(ExportRejected) as rejection:
        export_factory(reference, factories / "model.pt", inputs=inputs)
    assert words in rejection.value.cause


@pytest.mark.parametrize("dtype", ["BOOL", "UINT8", "INT64", "FP16", "FP64"])
def test_inputs_of_other_types(dtype: str) -> None:
    tensor: Any = example_input(f"{dtype}[2,3]")
    assert tensor.shape == (1, 2, 3)
    assert OF_TORCH_DTYPE[str(tensor.dtype)] == dtype
