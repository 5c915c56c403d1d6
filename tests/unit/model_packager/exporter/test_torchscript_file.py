import hashlib
import io
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from model_packager.exporter import ExportRejected, ModelToExport, export
from model_packager.exporter.torchscript_file import Method
from model_packager.formats.torchscript.archive import read_torchscript
from model_packager.formats.torchscript.signature import resolve_signature
from model_packager.rejection import SpecRejected
from model_packager.spec.deploy_spec import resolve_spec
from tests.unit.model_packager.exporter.exported_file import signature_in

jit: Any = torch.jit  # its functions are untyped
ROOT = Path(__file__).parents[4]


class Classifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(12, 5)
        self.dropout = nn.Dropout(0.9)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        scores = self.dropout(self.linear(x.flatten(1)))
        return scores, scores.argmax(1, keepdim=True)


class Attention(nn.Module):
    """A model that mixes the examples of a batch, so its rows must not be batched."""

    def forward(self, x: Tensor) -> Tensor:
        return x - x.mean(0, keepdim=True)


class Baked(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(int(x.size(0)), -1)


class Whole(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.sum(0)


@pytest.mark.parametrize("method", ["trace", "script"])
def test_exported_file_contains_its_spec(method: Method, tmp_path: Path) -> None:
    path = tmp_path / "any name.pt"
    model = ModelToExport(Classifier(), (torch.rand(1, 3, 4),), labels=("a", "b", "c", "d", "e"))

    spec = export(model, path, method=method)

    archive = read_torchscript(io.BytesIO(path.read_bytes()))
    assert archive.labels == b"a\nb\nc\nd\ne\n"
    assert resolve_spec(None, archive.deploy_yaml).spec == spec
    signature = resolve_signature(archive, spec)
    assert signature.max_batch_size == 8
    assert [(t.name, t.dtype, t.dims) for t in signature.inputs] == [("INPUT__0", "FP32", (3, 4))]
    assert [(t.name, t.dtype, t.dims) for t in signature.outputs] == [
        ("OUTPUT__0", "FP32", (5,)),
        ("OUTPUT__1", "INT64", (1,)),
    ]
    assert [file.name for file in tmp_path.iterdir()] == ["any name.pt"]


def test_dropout_is_off(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    export(ModelToExport(Classifier(), (torch.rand(1, 12),)), path, method="script")
    loaded, x = jit.load(path), torch.rand(1, 12)
    assert torch.equal(loaded(x)[0], loaded(x)[0])


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize(
    ("module", "example", "max_batch_size", "dims"),
    [
        (nn.Linear(4, 2), (1, 4), 8, (2,)),
        (Attention(), (1, 4), 1, (4,)),
        (Baked(), (1, 2, 2), 1, (4,)),
        (nn.Linear(4, 2), (3, 4), 0, (3, 2)),
        (Whole(), (1, 4), 0, (4,)),
        (nn.Embedding(4, 2), (4,), 0, (4, 2)),
    ],
)
def test_batches_are_tried_out(
    module: nn.Module,
    example: tuple[int, ...],
    max_batch_size: int,
    dims: tuple[int, ...],
    tmp_path: Path,
) -> None:
    torch.manual_seed(0)
    tensor = torch.rand(example)
    if isinstance(module, nn.Embedding):
        tensor = torch.arange(4)
    export(ModelToExport(module, (tensor,)), tmp_path / "model.pt")
    signature = signature_in(tmp_path / "model.pt")
    assert signature.max_batch_size == max_batch_size
    assert signature.outputs[0].dims == dims


def test_the_keys_of_the_model_count(tmp_path: Path) -> None:
    keys = {"max_batch_size": 3, "smoke_test": {"requests": 2}}
    model = ModelToExport(nn.Linear(4, 2), (torch.rand(1, 4),), spec=keys)
    spec = export(model, tmp_path / "model.pt")
    assert (spec.max_batch_size, spec.smoke_test.requests) == (3, 2)
    with pytest.raises(SpecRejected, match="did you mean 'max_batch_size'"):
        export(
            ModelToExport(nn.Linear(4, 2), (torch.rand(1, 4),), spec={"max_batchsize": 3}),
            tmp_path / "other.pt",
        )
    assert not (tmp_path / "other.pt").exists()


class ReturnsDict(nn.Module):
    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"out": x}


class ReturnsScalar(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.sum()


class ReturnsComplex(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        spectrum: Tensor = torch.fft.fft(x)
        return spectrum


class CannotBeScripted(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = eval("x")  # noqa: S307 - TorchScript cannot compile eval
        return result


@pytest.mark.parametrize(
    ("module", "method", "words"),
    [
        (ReturnsDict(), "script", "neither a tensor nor a tuple"),
        (ReturnsScalar(), "trace", "OUTPUT__0 is a torch.float32 of shape []"),
        (ReturnsComplex(), "trace", "OUTPUT__0 is a torch.complex64"),
        (CannotBeScripted(), "script", "cannot be scripted: "),
        (nn.Linear(3, 2), "trace", "cannot be traced: mat1 and mat2 shapes"),
    ],
)
def test_what_triton_could_not_serve_is_not_written(
    module: nn.Module, method: Method, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ExportRejected) as rejection:
        export(ModelToExport(module, (torch.rand(1, 4),)), tmp_path / "model.pt", method=method)
    assert words in rejection.value.cause
    assert rejection.value.fix.endswith(".")
    assert list(tmp_path.iterdir()) == []


def test_torchs_deprecation_of_torch_jit_is_the_only_warning_kept_quiet(tmp_path: Path) -> None:
    class Warns(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            warnings.warn("mine", stacklevel=1)
            return super().forward(x)

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        export(ModelToExport(Warns(4, 2), (torch.rand(1, 4),)), tmp_path / "model.pt")
    assert {str(each.message) for each in seen} == {"mine"}


PROGRAM = """
import sys
from pathlib import Path
import torch
from model_packager.exporter import ModelToExport, export
torch.manual_seed(0)
layers = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
export(ModelToExport(layers, (torch.rand(1, 4),), labels=("a", "b")), Path(sys.argv[1]))
"""


@pytest.mark.slow
def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / "one.pt", tmp_path / "two.pt"]
    running = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], cwd=ROOT) for path in paths
    ]
    assert [each.wait() for each in running] == [0, 0]
    one, two = (hashlib.sha256(path.read_bytes()).digest() for path in paths)
    assert one == two
