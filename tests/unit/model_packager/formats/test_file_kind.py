import gzip
from typing import Any

import pytest

from model_packager.formats import unservable_files
from model_packager.formats.unservable_files import UnservableFile
from model_packager.model_files import MODEL_FILES
from model_packager.rejection import ModelRejected
from tests.unit.model_packager.archive_files import tar_of, zip_of
from tests.unit.model_packager.inspected import inspected
from tests.unit.model_packager.model_files import (
    FILES,
    REPOSITORY,
    SAVED_MODEL,
    ModelFile,
    silero,
)

WRONG = {
    kind: file
    for chapter in ("PyTorch, in other forms", "Other formats", "Archives", "No model")
    for kind, file in FILES[chapter].items()
}

SAYS = {
    "state_dict": "contains a state_dict or checkpoint",
    "checkpoint": "contains a state_dict or checkpoint",
    "state_dict, before PyTorch 1.6": "old format (before PyTorch 1.6) and contains a state_dict",
    "whole module": "whole Python object (torch.nn.modules.linear.Linear)",
    "whole module, before PyTorch 1.6": "whole Python object (torch.nn.modules.linear.Linear)",
    "tensor": "contains a tensor",
    "pickle": "Python pickle",
    "torch.export (.pt2)": "torch.export program",
    "torch.export, before PyTorch 2.7": "torch.export program",
    "AOTInductor package (.pt2)": "AOTInductor package",
    "compiled library (.so)": "compiled code",
    "torch.package": "torch.package archive",
    "TorchServe (.mar)": "TorchServe",
    "safetensors": "safetensors",
    "ONNX": "ONNX model",
    "TensorRT plan": "TensorRT engine",
    "Keras (.keras)": "Keras model (.keras)",
    "Keras, HDF5 (.h5)": "HDF5",
    "TensorFlow SavedModel (.tar.gz)": "TensorFlow SavedModel",
    "TensorFlow SavedModel (.zip)": "TensorFlow SavedModel",
    "TensorFlow Lite": "TensorFlow Lite",
    "NumPy (.npz)": "NumPy file",
    "NumPy (.npy)": "NumPy file",
    "GGUF": "GGUF",
    "model repository (.tar.gz)": "a model repository, but",
    "model repository (.tar)": "in an archive that is not a .tar.gz",
    "model repository (.zip)": "in an archive that is not a .tar.gz",
    "other tar (.tar.gz)": "tar archive",
    "other tar (.tar)": "tar archive",
    "compressed (.gz)": "is compressed",
    "zip with a model in it": "with a model in it (x/model.pt)",
    "other zip": "not a TorchScript archive",
    "empty zip": "not a TorchScript archive",
    "truncated upload": "truncated",
    "damaged": "damaged archive",
    "zero bytes only": "zero bytes only",
    "HTML error page": "HTML or XML page",
    "XML error page": "HTML or XML page",
    "Git LFS pointer": "Git LFS pointer",
    "text": "plain text",
    "empty": "is empty",
    "unknown": "its format is unknown",
}


def refused(content: bytes) -> ModelRejected:
    with pytest.raises(ModelRejected) as rejection:
        inspected(content, release="24.10")
    return rejection.value


WITH_TORCH_EXPORT = {"torch.export (.pt2)", "AOTInductor package (.pt2)"}
"""The kinds that need an import of torch.export, which takes seconds."""


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=pytest.mark.slow if kind in WITH_TORCH_EXPORT else ())
        for kind in WRONG
    ],
)
@pytest.mark.filterwarnings("ignore:.*(deprecated|storage)")
def test_wrong_files_are_called_by_their_name(kind: str) -> None:
    file: ModelFile = WRONG[kind]
    rejection = refused(file.make())
    assert SAYS[kind] in rejection.cause
    assert rejection.fix.endswith(".")


def test_each_kind_has_words_of_its_own() -> None:
    causes = [kind.cause for kind in kinds()]
    assert len(set(causes)) == len(causes)


@pytest.mark.parametrize("kind", ["state_dict", "safetensors"])
def test_weights_without_code_are_rejected_with_export_instructions(kind: str) -> None:
    fix = refused(WRONG[kind].make()).fix
    assert "torch.jit.trace" in fix
    assert "modeldrop export" in fix


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("ONNX", "model.onnx"),
        ("TensorRT plan", "model.plan"),
        pytest.param("AOTInductor package (.pt2)", "model.pt2", marks=pytest.mark.slow),
        ("model repository (.tar.gz)", "model.tar.gz"),
        ("TensorFlow SavedModel (.tar.gz)", "model.savedmodel.tar.gz"),
    ],
)
def test_file_of_another_format_has_its_object_name_in_the_fix(kind: str, name: str) -> None:
    assert f"Upload it as {name}." in refused(WRONG[kind].make()).fix
    assert name in MODEL_FILES


@pytest.mark.parametrize(
    "name",
    [
        "silero_vad.onnx",
        "silero_vad_16k_op15.onnx",
        "silero_vad_16k_sequence.onnx",
        "silero_vad_op18_ifless.onnx",
        "silero_vad_openvino_16k.onnx",
    ],
)
def test_onnx_of_several_exporters(name: str) -> None:
    assert "an ONNX model, but model.pt" in refused(silero(name)).cause


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["./", "./resnet/", "./resnet/1/", "./resnet/1/model.py"], "model repository, but"),
        (["a/1/model.savedmodel/saved_model.pb"], "model repository, but"),
        (["a/1/model.txt"], "tar archive"),
        (["config.pbtxt", "1/model.pt"], "tar archive"),  # SageMaker's container rejects it
        (["x/y/a/config.pbtxt"], "tar archive"),
        (["saved_model.pb"], "SavedModel"),
        (["1/assets/", "1/variables/", "1/saved_model.pb"], "SavedModel"),
        (["a/b/c/saved_model.pb"], "tar archive"),
        (["not_saved_model.pb", "variables.index"], "tar archive"),
    ],
)
def test_tar_archives_are_recognized_by_exact_paths(names: list[str], words: str) -> None:
    assert words in refused(tar_of(dict.fromkeys(names, b"content"))).cause


def test_tar_archive_that_starts_with_weights_is_recognized_by_its_first_name() -> None:
    large = {"resnet/1/model.pt": bytes(5_000_000), **REPOSITORY}
    assert "a model repository, but" in refused(tar_of(large)).cause
    assert refused(tar_of(SAVED_MODEL, "w:")).cause == unservable_files.SAVED_MODEL.cause
    assert "a model repository, but" in refused(tar_of({"README": bytes(5000), **REPOSITORY})).cause


def test_a_gzip_bomb_costs_little() -> None:
    assert "compressed" in refused(gzip.compress(bytes(50_000_000))).cause


def test_similar_names_in_subfolders_do_not_count(zipped: Any) -> None:
    deeper = {"m/x/data.pkl": b"", "m/x/constants.pkl": b"", "m/x/code/__torch__.py": b""}
    assert "not a TorchScript archive" in refused(zipped(deeper).getvalue()).cause


@pytest.mark.parametrize(
    "name", ["m/x/saved_model.pb/x", "m/x/y/config.pbtxt", "x/model.onnx", "config.pbtxt"]
)
def test_similar_names_in_other_archives_do_not_count(name: str) -> None:
    assert "not a TorchScript archive" in refused(zip_of({name: b""})).cause


@pytest.mark.parametrize("kept", [0.05, 0.5, 0.99])
def test_a_truncated_upload_is_called_so(kept: float, traced_file: bytes) -> None:
    assert "truncated" in refused(traced_file[: int(len(traced_file) * kept)]).cause


def kinds() -> list[Any]:
    return [kind for kind in vars(unservable_files).values() if isinstance(kind, UnservableFile)]


def test_every_message_has_cause_and_fix() -> None:
    assert len(kinds()) > 20
    for kind in kinds():
        assert kind.cause.startswith("The file ")
        assert kind.fix.endswith(".")
