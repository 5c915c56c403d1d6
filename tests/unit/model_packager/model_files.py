"""A real file of each kind that users drop.

A library wrote it, it is from a package, or if the library is too large to install, it has the
documented first bytes.
"""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import pickle
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
import torch.export
import torch.package
from torch import Tensor, nn

from model_packager.repository.archive import write_folder_archive
from tests.local_sagemaker.text_models import UpperCase
from tests.unit.model_packager.archive_files import tar_of, zip_of
from tests.unit.model_packager.torchscript_outputs import OUTPUTS, Perhaps

if TYPE_CHECKING:
    from collections.abc import Callable

jit: Any = torch.jit  # their functions are untyped
quantization: Any = torch.ao.quantization
package: Any = torch.package
saving: Any = torch

SPEC = "inputs: [{name: INPUT__0, dtype: FP32, dims: [3]}]\n"
CPU = "endpoint: {instance_type: ml.c6i.xlarge}\n"
FOUR_GPUS = "endpoint: {instance_type: ml.g4dn.12xlarge}\n"


class ModelFile(NamedTuple):
    """A file to drop as model.pt, with the deploy.yaml next to it and Triton's release."""

    make: Callable[[], bytes]
    spec: str | None = None
    release: str = "26.05"


# --- TorchScript ----------------------------------------------------------------------------------


class TakesNumber(nn.Module):
    def forward(self, x: Tensor, rate: int = 16000) -> Tensor:
        return x * rate


class TakesNothing(nn.Module):
    def forward(self) -> Tensor:
        return torch.ones(1)


class ReturnsNothing(nn.Module):
    def forward(self, x: Tensor) -> None:
        print(x)


class ReturnsDict(nn.Module):
    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"out": x}


class WithoutForward(nn.Module):
    @torch.jit.export
    def predict(self, x: Tensor) -> Tensor:
        return x


class Counts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x * self.calls


class OnCuda(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.to(torch.device("cuda:0"))


class MakesTensors(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + torch.zeros(x.shape[1])


def suppresses() -> nn.Module:
    import torchvision  # the import takes seconds

    class Suppresses(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            kept: Tensor = torchvision.ops.nms(x, x[:, 0], 0.5)
            return kept

    return Suppresses()


def decodes() -> nn.Module:
    import torchvision.io  # the import takes seconds

    assert torchvision.io.decode_image  # registers the operator

    class Decodes(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            picture: Tensor = torch.ops.image.decode_image(x, 3)
            return picture.float()

    return Decodes()


class Reshapes(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(int(x.size(0)), -1)


class Doubles(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        doubled: Tensor = torch.ops.my_operators.double(x)
        return doubled


def linear() -> nn.Module:
    torch.manual_seed(0)
    return nn.Linear(3, 2).eval()


def saved(script: Any) -> bytes:
    file = io.BytesIO()
    jit.save(script, file)
    return file.getvalue()


def scripted(module: nn.Module) -> bytes:
    return saved(jit.script(module.eval()))


def traced(module: nn.Module, example: Tensor | None = None) -> bytes:
    example = torch.ones(1, 3) if example is None else example
    return saved(jit.trace(module.eval(), example, check_trace=False))


def quantized() -> bytes:
    return traced(quantization.quantize_dynamic(nn.Sequential(linear())))


def with_custom_operator() -> bytes:
    with torch.library._scoped_library("my_operators", "DEF") as library:
        library.define("double(Tensor x) -> Tensor")
        library.impl("double", lambda x: x * 2, "CPU")
        return traced(Doubles())


def of_a_format_to_come() -> bytes:
    with zipfile.ZipFile(io.BytesIO(traced(linear()))) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    return zip_of(
        {name: b"11\n" if name.endswith("/version") else entries[name] for name in entries}
    )


def silero(name: str) -> bytes:
    found = importlib.util.find_spec("silero_vad")
    assert found is not None
    assert found.origin is not None
    return (Path(found.origin).parent / "data" / name).read_bytes()


# --- PyTorch, in other formats
# ----------------------------------------------------------------------


def torch_saved(value: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    saving.save(value, file, **options)
    return file.getvalue()


def torch_saved_of_old(value: Any) -> bytes:
    return torch_saved(value, _use_new_zipfile_serialization=False)


def exported_program() -> bytes:
    file = io.BytesIO()
    exporting: Any = torch.export
    exporting.save(exporting.export(linear(), (torch.rand(1, 3),)), file)
    return file.getvalue()


def aot_inductor_package() -> bytes:
    """Return a package by torch with a fake library, because a real one needs a compiler."""
    from torch.export.pt2_archive._package import package_pt2  # the import takes seconds

    file = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "model.wrapper.so"
        library.write_bytes(b"\x7fELF")
        write: Any = package_pt2
        write(file, aoti_files={"model": [str(library)]})
    return file.getvalue()


def torch_package() -> bytes:
    file = io.BytesIO()
    with package.PackageExporter(file) as exporter:
        exporter.save_pickle("model", "model.pkl", {"weights": [1, 2]})
    return file.getvalue()


# --- Archives -------------------------------------------------------------------------------------


def repository() -> bytes:
    """Return a repository as `modeldrop package` writes it."""
    model, file = traced(linear()), io.BytesIO()
    files = [("1/model.pt", len(model), io.BytesIO(model))]
    write_folder_archive(file, "resnet", files, 'name: "resnet"\n')
    return file.getvalue()


SAVED_MODEL = {
    "saved/variables/variables.data-00000-of-00001": bytes(9000),
    "saved/variables/variables.index": b"",
    "saved/saved_model.pb": b"\x08\x01",
}
REPOSITORY = {"resnet/config.pbtxt": b'name: "resnet"', "resnet/1/model.onnx": b"\x08\x08"}


def npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, a=np.zeros(2))
    return file.getvalue()


def npy() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros(2))
    return file.getvalue()


FILES: dict[str, dict[str, ModelFile]] = {
    "TorchScript": {
        "traced": ModelFile(lambda: traced(linear())),
        "scripted, with `inputs` in deploy.yaml": ModelFile(lambda: scripted(linear()), SPEC),
        "scripted, without": ModelFile(lambda: scripted(linear())),
        "frozen, with `inputs` in deploy.yaml": ModelFile(
            lambda: saved(jit.freeze(jit.script(linear()))), SPEC
        ),
        "quantized, on a CPU instance": ModelFile(quantized, CPU),
        "operators of torchvision": ModelFile(lambda: scripted(suppresses()), SPEC),
        "torchvision's operators that decode pictures": ModelFile(
            lambda: scripted(decodes()), SPEC.replace("FP32", "UINT8")
        ),
        "`forward` takes and returns List[str]": ModelFile(lambda: scripted(UpperCase())),
        "List[str], with `max_batch_size: 8`": ModelFile(
            lambda: scripted(UpperCase()), "max_batch_size: 8"
        ),
        "`forward` takes a number (silero-vad)": ModelFile(lambda: silero("silero_vad.jit")),
        "`forward` takes nothing": ModelFile(lambda: scripted(TakesNothing())),
        "`forward` returns nothing": ModelFile(lambda: scripted(ReturnsNothing())),
        "`forward` returns a dict": ModelFile(lambda: scripted(ReturnsDict())),
        "no `forward`": ModelFile(lambda: scripted(WithoutForward())),
        "of PyTorch 1.0 to 1.2": ModelFile(
            lambda: zip_of({"m/model.json": b"{}", "m/code/m.py": b""})
        ),
    },
    "Outputs of TorchScript models": {
        **{
            kind: ModelFile(lambda make=make: traced(make()))  # type: ignore[misc]
            for kind, make in OUTPUTS.items()
        },
        "sometimes None": ModelFile(lambda: scripted(Perhaps()), SPEC),
    },
    "TorchScript that is served with a warning": {
        "it keeps state": ModelFile(lambda: scripted(Counts()), SPEC),
        "in training mode": ModelFile(
            lambda: saved(jit.script(nn.Sequential(linear(), nn.Dropout()).train())), SPEC
        ),
        "a GPU in the code, on a CPU instance": ModelFile(lambda: scripted(OnCuda()), SPEC + CPU),
        "a GPU in the code, on several GPUs": ModelFile(
            lambda: scripted(OnCuda()), SPEC + FOUR_GPUS
        ),
        "the CPU in the code, on a GPU": ModelFile(lambda: traced(MakesTensors())),
        "quantized, on a GPU": ModelFile(quantized),
        "custom operators": ModelFile(with_custom_operator),
        "an operator that is newer than the image": ModelFile(
            lambda: traced(nn.RMSNorm(3)), None, "24.03"
        ),
        "a format that is newer than the image": ModelFile(of_a_format_to_come),
        "float64 weights": ModelFile(lambda: traced(linear().double(), torch.ones(1, 3).double())),
        "a batch of 1 in the traced code": ModelFile(lambda: traced(Reshapes())),
        "network access in deploy.yaml": ModelFile(
            lambda: traced(linear()), "container: {network_isolation: false}\n"
        ),
        "traced with a picture of 8 x 8 pixels": ModelFile(
            lambda: traced(nn.Conv2d(3, 2, 3), torch.ones(1, 3, 8, 8))
        ),
        "traced with a batch of 4": ModelFile(lambda: traced(linear(), torch.ones(4, 3))),
    },
    "PyTorch, in other forms": {
        "state_dict": ModelFile(lambda: torch_saved(linear().state_dict())),
        "checkpoint": ModelFile(lambda: torch_saved({"epoch": 3, "model": linear().state_dict()})),
        "state_dict, before PyTorch 1.6": ModelFile(
            lambda: torch_saved_of_old(linear().state_dict())
        ),
        "whole module": ModelFile(lambda: torch_saved(linear())),
        "whole module, before PyTorch 1.6": ModelFile(lambda: torch_saved_of_old(linear())),
        "tensor": ModelFile(lambda: torch_saved(torch.ones(3))),
        "pickle": ModelFile(lambda: pickle.dumps({"a": 1})),
        "torch.export (.pt2)": ModelFile(exported_program),
        "torch.export, before PyTorch 2.7": ModelFile(
            lambda: zip_of({"version": b"8.5", "serialized_exported_program.json": b"{}"})
        ),
        "AOTInductor package (.pt2)": ModelFile(aot_inductor_package),
        "compiled library (.so)": ModelFile(lambda: b"\x7fELF\x02\x01\x01" + bytes(57)),
        "torch.package": ModelFile(torch_package),
        "TorchServe (.mar)": ModelFile(
            lambda: zip_of({"model.pt": b"", "MAR-INF/MANIFEST.json": b"{}"})
        ),
        "safetensors": ModelFile(lambda: silero("silero_vad_16k.safetensors")),
    },
    "Other formats": {
        "ONNX": ModelFile(lambda: silero("silero_vad_half.onnx")),
        "TensorRT plan": ModelFile(lambda: b"ftrt" + bytes(60)),
        "Keras (.keras)": ModelFile(
            lambda: zip_of({"metadata.json": b"{}", "config.json": b"{}", "model.weights.h5": b""})
        ),
        "Keras, HDF5 (.h5)": ModelFile(lambda: b"\x89HDF\r\n\x1a\n" + bytes(56)),
        "TensorFlow SavedModel (.tar.gz)": ModelFile(lambda: tar_of(SAVED_MODEL)),
        "TensorFlow SavedModel (.zip)": ModelFile(lambda: zip_of(SAVED_MODEL)),
        "TensorFlow Lite": ModelFile(lambda: b"\x1c\0\0\0TFL3" + bytes(56)),
        "NumPy (.npz)": ModelFile(npz),
        "NumPy (.npy)": ModelFile(npy),
        "GGUF": ModelFile(lambda: b"GGUF\x03\0\0\0" + bytes(56)),
    },
    "Archives": {
        "model repository (.tar.gz)": ModelFile(repository),
        "model repository (.tar)": ModelFile(lambda: tar_of(REPOSITORY, "w:")),
        "model repository (.zip)": ModelFile(lambda: zip_of(REPOSITORY)),
        "other tar (.tar.gz)": ModelFile(lambda: tar_of({"weights/model.pt": b""})),
        "other tar (.tar)": ModelFile(lambda: tar_of({"weights/model.pt": b""}, "w:")),
        "compressed (.gz)": ModelFile(lambda: gzip.compress(traced(linear()))),
        "zip with a model in it": ModelFile(lambda: zip_of({"readme.txt": b"", "x/model.pt": b""})),
        "other zip": ModelFile(lambda: zip_of({"readme.txt": b""})),
        "empty zip": ModelFile(lambda: zip_of({})),
    },
    "No model": {
        "truncated upload": ModelFile(lambda: traced(linear())[:-300]),
        "damaged": ModelFile(lambda: traced(linear()).replace(b"weight", b"weighs")),
        "zero bytes only": ModelFile(lambda: bytes(5000)),
        "HTML error page": ModelFile(lambda: b"\n <!DOCTYPE html><html><title>403</title>"),
        "XML error page": ModelFile(lambda: b'\xef\xbb\xbf<?xml version="1.0"?><Error/>'),
        "Git LFS pointer": ModelFile(
            lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
        ),
        "text": ModelFile(lambda: json.dumps({"message": "not found"}).encode()),
        "empty": ModelFile(lambda: b""),
        "unknown": ModelFile(lambda: bytes(range(255, 0, -1))),
    },
}
"""The files by chapter and kind, in the order of docs/model-files.md."""
