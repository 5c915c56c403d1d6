import io
import json
import pickle
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.export
import torch.package

from model_packager import model_file_kind
from model_packager.rejection import ModelRejected
from model_packager.torchscript import read_torchscript

package: Any = torch.package  # their functions have no types
exporting: Any = torch.export
saving: Any = torch


def refused(content: bytes) -> ModelRejected:
    with pytest.raises(ModelRejected) as rejection:
        read_torchscript(io.BytesIO(content))
    return rejection.value


def torch_saved(value: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    saving.save(value, file, **options)
    return file.getvalue()


def exported_program() -> bytes:
    file = io.BytesIO()
    exporting.save(exporting.export(torch.nn.Linear(2, 2), (torch.rand(1, 2),)), file)
    return file.getvalue()


def torch_package() -> bytes:
    file = io.BytesIO()
    with package.PackageExporter(file) as exporter:
        exporter.save_pickle("model", "model.pkl", {"weights": [1, 2]})
    return file.getvalue()


def safetensors() -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(header)) + header + b"\0\0\0\0"


def npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, a=np.zeros(2))
    return file.getvalue()


STATE = torch.nn.Linear(2, 2).state_dict()

FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "is empty"),
    "HTML": (lambda: b"\n <!DOCTYPE html><html><title>403</title>", "HTML or XML page"),
    "XML": (lambda: b'\xef\xbb\xbf<?xml version="1.0"?><Error/>', "HTML or XML page"),
    "LFS pointer": (
        lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
        "Git LFS pointer",
    ),
    "text": (lambda: b'{"message": "not found"}', "plain text"),
    "zeros": (lambda: bytes(5000), "nothing but zero bytes"),
    "old torch.save": (
        lambda: torch_saved(STATE, _use_new_zipfile_serialization=False),
        "torch.save in its old format",
    ),
    "pickle": (lambda: pickle.dumps({"a": 1}), "Python pickle"),
    "state_dict": (lambda: torch_saved(STATE), "state_dict or checkpoint"),
    "checkpoint": (lambda: torch_saved({"epoch": 3, "model": STATE}), "state_dict or checkpoint"),
    "whole module": (
        lambda: torch_saved(torch.nn.Linear(2, 2)),
        "whole Python object (torch.nn.modules.linear.Linear)",
    ),
    "tensor": (lambda: torch_saved(torch.ones(3)), "holds a tensor"),
    "torch.export": (exported_program, "torch.export program"),
    "torch.package": (torch_package, "torch.package archive"),
    "safetensors": (safetensors, "safetensors"),
    "ONNX": (lambda: b"\x08\x08\x12\x07pytorch\x1a\x052.1.0:\x8b\x01", "ONNX model"),
    "HDF5": (lambda: b"\x89HDF\r\n\x1a\n\0\0\0", "HDF5"),
    "npz": (npz, "NumPy file"),
    "gzip": (lambda: b"\x1f\x8b\x08\0\0", "compressed"),
    "unknown": (lambda: bytes(range(255, 0, -1)), "none of the other model formats"),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.filterwarnings("ignore:.*(deprecated|storage)")
def test_wrong_files_are_called_by_their_name(kind: str) -> None:
    make, words = FILES[kind]
    rejection = refused(make())
    assert words in rejection.cause
    assert rejection.fix.endswith((".", "`"))


def test_each_kind_has_words_of_its_own() -> None:
    causes = [refused(make()).cause for make, _ in FILES.values()]
    assert len(set(causes)) == len(causes) - 2  # two kinds of page, two of weights


def test_weights_without_code_are_told_how_to_export() -> None:
    fix = refused(torch_saved(STATE)).fix
    assert "torch.jit.trace" in fix
    assert "modeldrop export" in fix


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"m/archive_format": "pt2", "m/data/aotinductor/model/a.so": ""}, "AOTInductor"),
        ({"m/serialized_exported_program.json": "{}"}, "torch.export program"),
        ({"m/model.json": "{}", "m/code/m.py": ""}, "PyTorch 1.0 to 1.2"),
        ({"model.pt": "", "MAR-INF/MANIFEST.json": "{}"}, "TorchServe"),
        ({"metadata.json": "{}", "model.weights.h5": ""}, "Keras model"),
        ({"readme.txt": "", "x/model.pt": ""}, "with a model in it (x/model.pt)"),
        ({"readme.txt": ""}, "no TorchScript archive"),
        ({"constants.pkl": "", "data.pkl": ""}, "no TorchScript archive"),
    ],
)
def test_other_zip_archives(entries: dict[str, str], words: str, zipped: Any) -> None:
    content = zipped({name: text.encode() for name, text in entries.items()}).getvalue()
    assert words in refused(content).cause


def test_look_alikes_deeper_down_do_not_count(zipped: Any) -> None:
    deeper = {"m/x/data.pkl": b"", "m/x/constants.pkl": b"", "m/x/code/__torch__.py": b""}
    assert "no TorchScript archive" in refused(zipped(deeper).getvalue()).cause


@pytest.mark.parametrize("kept", [0.05, 0.5, 0.99])
def test_a_truncated_upload_is_called_so(kept: float, traced_file: bytes) -> None:
    assert "cut short" in refused(traced_file[: int(len(traced_file) * kept)]).cause


def test_every_message_says_what_and_what_to_do() -> None:
    kinds = [
        kind for kind in vars(model_file_kind).values() if isinstance(kind, model_file_kind._Kind)
    ]
    assert len(kinds) > 20
    for kind in kinds:
        assert kind.cause.startswith("The file ")
        assert kind.fix.endswith(".")
