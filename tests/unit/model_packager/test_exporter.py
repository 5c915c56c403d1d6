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

from model_packager import exporter
from model_packager.dtype import OF_TORCH_DTYPE
from model_packager.exporter import ExportRejected, ModelToExport, export, export_factory
from model_packager.formats.torchscript.archive import read_torchscript
from model_packager.formats.torchscript.signature import resolve_signature
from model_packager.rejection import SpecRejected
from model_packager.signature import Signature
from model_packager.spec.deploy_spec import DeploySpec, resolve_spec

jit: Any = torch.jit  # its functions are untyped
ROOT = Path(__file__).parents[3]


def read_back(path: Path) -> Signature:
    archive = read_torchscript(io.BytesIO(path.read_bytes()))
    return resolve_signature(archive, resolve_spec(None, archive.deploy_yaml).spec)


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
def test_exported_file_contains_its_spec(method: exporter.Method, tmp_path: Path) -> None:
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
    signature = read_back(tmp_path / "model.pt")
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
    module: nn.Module, method: exporter.Method, words: str, tmp_path: Path
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


@pytest.mark.slow
def test_a_torchvision_classifier_by_name(tmp_path: Path) -> None:
    spec = exporter.export_torchvision("squeezenet1_1", tmp_path / "model.pt", seed=3)
    signature = read_back(tmp_path / "model.pt")
    assert signature.max_batch_size == 8
    assert (signature.inputs[0].dims, signature.outputs[0].dims) == ((3, 224, 224), (1000,))
    assert (spec.smoke_test.picture.resize, spec.smoke_test.picture.crop) == (256, 224)


@pytest.mark.slow  # it imports torchvision
def test_preprocessing_is_that_of_the_model() -> None:
    made = exporter.torchvision_classifier("mobilenet_v3_small", weights=None, seed=0)
    picture = DeploySpec.model_validate(made.spec).smoke_test.picture
    assert picture == DeploySpec().smoke_test.picture
    made = exporter.torchvision_classifier("efficientnet_b1", weights=None, seed=0)
    picture = DeploySpec.model_validate(made.spec).smoke_test.picture
    assert (picture.resize, picture.crop, picture.interpolation) == (255, 240, "bilinear")
    assert made.example_inputs[0].shape == (1, 3, 240, 240)


@pytest.mark.slow  # it imports torchvision
def test_random_weights_follow_the_seed_and_leave_torchs_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first, second, third = (
        exporter.torchvision_classifier("squeezenet1_1", weights=None, seed=seed).module
        for seed in (1, 1, 2)
    )
    assert torch.equal(torch.rand(3), expected)
    one, same, other = (next(module.parameters()) for module in (first, second, third))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.slow  # it imports torchvision
@pytest.mark.parametrize(
    ("name", "weights", "words"),
    [
        ("resnet5", None, "no classifier called 'resnet5'; it has alexnet,"),
        ("fasterrcnn_resnet50_fpn", None, "no classifier called"),
        ("resnet50", "BEST", "no weights called 'BEST'; it has IMAGENET1K_V1"),
    ],
)
def test_unknown_models_and_weights(name: str, weights: str | None, words: str) -> None:
    with pytest.raises(ExportRejected) as rejection:
        exporter.torchvision_classifier(name, weights=weights, seed=0)
    assert words in rejection.value.cause


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
    signature = read_back(path)
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
    tensor: Any = exporter._example(f"{dtype}[2,3]")
    assert tensor.shape == (1, 2, 3)
    assert OF_TORCH_DTYPE[str(tensor.dtype)] == dtype


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
