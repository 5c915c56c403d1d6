from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from run_model.download import NotDownloaded, download
from tests.unit.functions.run_model.object_server import Objects, objects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def served() -> Iterator[Objects]:
    with objects() as running:
        yield running


def reason(served: Objects, folder: Path, name: str = "model.onnx", **file: object) -> str:
    with pytest.raises(NotDownloaded) as caught:
        download([served.file(name, **file)], folder)  # type: ignore[arg-type]
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_files_have_their_names_below_the_folder(served: Objects, tmp_path: Path) -> None:
    served.contents = {"model.onnx": bytes(3_000_000), "sample/input.npy": b"array"}
    download([served.file(each) for each in served.contents], tmp_path)
    assert (tmp_path / "model.onnx").read_bytes() == bytes(3_000_000)
    assert (tmp_path / "sample" / "input.npy").read_bytes() == b"array"


def test_expired_url(served: Objects, tmp_path: Path) -> None:
    served.contents["model.onnx"] = 403
    assert reason(served, tmp_path) == "S3 returned 403 for model.onnx"


def test_overwritten_object(served: Objects, tmp_path: Path) -> None:
    served.contents["model.onnx"] = b"another"
    assert reason(served, tmp_path, etag="other") == "S3 returned 412 for model.onnx"


@pytest.mark.parametrize("size", [3, 9])
def test_object_of_another_size(served: Objects, tmp_path: Path, size: int) -> None:
    served.contents["model.onnx"] = b"12345"
    assert reason(served, tmp_path, size=size) == f"model.onnx does not have its {size} bytes"
    assert (tmp_path / "model.onnx").stat().st_size <= size


def test_redirects_lead_nowhere(served: Objects, tmp_path: Path) -> None:
    served.contents = {"model.onnx": f"{served.url}/other", "other": b"x"}
    assert reason(served, tmp_path) == "S3 returned 307 for model.onnx"


def test_server_that_is_not_there(served: Objects, tmp_path: Path) -> None:
    served.contents["model.onnx"] = b"1"
    gone = Objects("http://127.0.0.1:9", served.contents)
    assert reason(gone, tmp_path) == "model.onnx: URLError"


def test_only_http(served: Objects, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"1")
    local = Objects(tmp_path.as_uri(), {"model.onnx": b"1"})
    assert reason(local, tmp_path) == "model.onnx has no URL of S3"


def test_time_is_limited(served: Objects, tmp_path: Path) -> None:
    served.contents["model.onnx"] = b"12345"
    with pytest.raises(NotDownloaded, match=r"the time for the download of model\.onnx is up"):
        download([served.file("model.onnx")], tmp_path, seconds=-1)
