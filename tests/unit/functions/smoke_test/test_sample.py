from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smoke_test.sample import (
    EXPECTED_FILES,
    INPUT_FILES,
    SIZE_LIMIT,
    File,
    Sample,
    choose,
    read_sample,
)
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow.contracts import Source

    Put = Callable[..., Source]


@pytest.mark.parametrize("name", INPUT_FILES)
def test_known_file_is_chosen(name: str) -> None:
    assert choose({name: 1, "expected.json": 1, "README": 1}, "input", INPUT_FILES) == name


@pytest.mark.parametrize("names", [[], ["expected.json"], ["notes.txt", "input.png.bak"]])
def test_no_file_is_none(names: list[str]) -> None:
    assert choose(dict.fromkeys(names, 1), "input", INPUT_FILES) is None


@pytest.mark.parametrize("names", [["input.gif"], ["input.PNG"], ["input.npy", "input.png"]])
def test_unknown_or_second_file_is_refused_by_name(names: list[str]) -> None:
    with pytest.raises(SmokeTestFailed, match=f"holds {', '.join(names)}; one of input.npy"):
        choose(dict.fromkeys(names, 1), "input", INPUT_FILES)


def test_size_is_limited() -> None:
    assert choose({"expected.npy": SIZE_LIMIT}, "expected", EXPECTED_FILES)
    with pytest.raises(SmokeTestFailed, match="67,108,865 bytes; at most 67,108,864"):
        choose({"expected.npy": SIZE_LIMIT + 1}, "expected", EXPECTED_FILES)


@pytest.mark.parametrize("folder", ["", "resnet/", "team/resnet/"])
def test_sample_lies_beside_the_model(put: Put, folder: str) -> None:
    source = put(b"model", f"{folder}model.pt")
    put(b"other", "vgg/sample/input.npy")
    assert read_sample(source) == Sample(None, None)
    put(b"question", f"{folder}sample/input.png")
    assert read_sample(source) == Sample(File("sample/input.png", b"question"), None)
    put(b"answer", f"{folder}sample/expected.json")
    assert read_sample(source).expected == File("sample/expected.json", b"answer")


def test_answer_to_no_question_is_refused(put: Put) -> None:
    source = put(b"model")
    put(b"answer", "resnet/sample/expected.npy")
    with pytest.raises(SmokeTestFailed, match=r"holds expected.npy and no input"):
        read_sample(source)
