from __future__ import annotations

import io
import tarfile

import pytest

from model_packager.formats.saved_model import SAVED_MODEL, read_saved_model, saved_model_files
from model_packager.inspection import inspect_model
from model_packager.rejection import ModelRejected, SpecRejected
from model_packager.repository.archive import write_folder_archive
from tests.unit.model_packager.formats.archives.test_tar_members import packed

FILES = {
    "saved_model.pb": b"graph" * 1000,
    "variables/variables.index": b"index",
    "variables/variables.data-00000-of-00001": bytes(range(256)) * 9000,
    "assets/": b"",
}
SPEC = """
max_batch_size: 8
inputs: [{name: x, dtype: FP32, dims: [4]}]
outputs: [{name: y, dtype: FP32, dims: [2]}]
"""


@pytest.mark.parametrize("folder", ["", "./", "cat/", "models/cat/"])
def test_packed_as_triton_wants_it(folder: str) -> None:
    files = {name: content for name, content in FILES.items() if not name.endswith("/")}
    dropped = packed({folder + name: content for name, content in files.items()})
    output = io.BytesIO()
    write_folder_archive(
        output, "cat", saved_model_files(io.BytesIO(dropped)), "config", labels=b"a\n"
    )
    output.seek(0)
    with tarfile.open(fileobj=output, mode="r:gz") as tar:
        found = [(each.name, _content(tar, each)) for each in tar]
    assert found == [
        *((f"cat/1/model.savedmodel/{name}", content) for name, content in files.items()),
        ("cat/labels.txt", b"a\n"),
        ("cat/config.pbtxt", b"config"),
    ]


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None
    return file.read()


def test_files_next_to_the_model_are_ignored() -> None:
    dropped = packed({"README": b"", "cat/saved_model.pb": b"graph", "dog/file": b""})
    names = [path for path, _, _ in saved_model_files(io.BytesIO(dropped))]
    assert names == ["1/model.savedmodel/saved_model.pb"]


@pytest.mark.parametrize(
    ("release", "served"), [("24.09", True), ("25.02", True), ("25.04", False)]
)
def test_release_with_a_tensorflow_backend(release: str, served: bool) -> None:
    def inspected() -> str:
        return inspect_model(
            io.BytesIO(packed(FILES)),
            "cat",
            spec=SPEC,
            labels=None,
            instance_type="ml.m5.large",
            model_format=SAVED_MODEL,
            release=release,
        ).config_pbtxt

    if served:
        assert 'platform: "tensorflow_savedmodel"\nmax_batch_size: 8\n' in inspected()
    else:
        with pytest.raises(SpecRejected, match=r"up to 25.02, but the stack uses"):
            inspected()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04", "not a valid archive of a SavedModel"),
        (packed(FILES)[:3000], "is truncated"),
        (packed({"variables/x": b""}), "contains no saved_model.pb"),
        (packed({"a/saved_model.pb": b"", "b/saved_model.pb": b""}), "contains more than one"),
        (packed({"../saved_model.pb": b""}), "points outside"),
    ],
)
def test_other_archives(content: bytes, message: str) -> None:
    with pytest.raises(ModelRejected, match=message):
        read_saved_model(io.BytesIO(content), "cat")
