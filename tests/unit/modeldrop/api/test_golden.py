"""The smoke test can read the golden samples that the API writes from a program's values."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from modeldrop.api.golden import write_sample
from modeldrop.errors import UsageError

LABELS = ["tench", "tiger cat"]


def test_picture_and_label(tmp_path: Path) -> None:
    picture = tmp_path / "Cat.PNG"
    picture.write_bytes(b"png")
    folder = tmp_path / "sample"
    folder.mkdir()
    write_sample(folder, str(picture), "tiger cat", LABELS)
    assert (folder / "input.png").read_bytes() == b"png"
    assert json.loads((folder / "expected.json").read_text()) == {
        "top_class": 1,
        "label": "tiger cat",
    }


def test_number_of_a_class_needs_no_labels(tmp_path: Path) -> None:
    write_sample(tmp_path, [[1.0]], 282, None)
    assert json.loads((tmp_path / "expected.json").read_text()) == {"top_class": 282}
    np.testing.assert_array_equal(np.load(tmp_path / "input.npy"), [[1.0]])


def test_arrays_by_name(tmp_path: Path) -> None:
    write_sample(tmp_path, {"a": [1], "b": [2]}, {"y": np.array([3])}, None)
    with np.load(tmp_path / "input.npz") as arrays:
        assert {name: arrays[name].tolist() for name in arrays} == {"a": [1], "b": [2]}
    with np.load(tmp_path / "expected.npz") as arrays:
        assert arrays["y"].tolist() == [3]


@pytest.mark.parametrize(
    ("labels", "reason"), [(None, "there is no labels.txt"), (LABELS, "it is not in labels.txt")]
)
def test_unknown_label_is_refused(tmp_path: Path, labels: list[str] | None, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        write_sample(tmp_path, [1.0], "lion", labels)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        write_sample(tmp_path, tmp_path / "gone.png", 1, None)


@pytest.mark.parametrize("text", [["grüße"], np.array(["grüße".encode()], object)])
def test_text(tmp_path: Path, text: list[str]) -> None:
    write_sample(tmp_path, {"text": text}, np.array(["höflich"]), None)
    with np.load(tmp_path / "input.npz") as arrays:
        assert arrays["text"].tolist() == ["grüße"]
    assert np.load(tmp_path / "expected.npy").tolist() == ["höflich"]


def test_other_objects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="NoneType is not text"):
        write_sample(tmp_path, np.array([None]), 1, None)
