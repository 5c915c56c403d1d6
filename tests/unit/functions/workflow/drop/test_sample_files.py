from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_packager.golden_sample import INPUT_FILES, SIZE_LIMIT
from model_packager.rejection import ModelRejected
from tests.unit.functions.samples import DROPS
from workflow.drop.sample_files import Listed, choose, list_sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_packager.stored import Source

    Put = Callable[..., Source]


def listed(*names: str, size: int = 1) -> Listed:
    return {name: {"Size": size} for name in names}


@pytest.mark.parametrize("name", INPUT_FILES)
def test_known_files_are_chosen(name: str) -> None:
    assert choose(listed(name, "expected.json", "README")) == (name, "expected.json")
    assert choose(listed(name)) == (name, None)


@pytest.mark.parametrize("names", [[], ["notes.txt", "input.png.bak"]])
def test_no_file_is_none(names: list[str]) -> None:
    assert choose(listed(*names)) == (None, None)


@pytest.mark.parametrize("names", [["input.gif"], ["input.PNG"], ["input.npy", "input.png"]])
def test_unknown_or_second_file_is_refused_by_name(names: list[str]) -> None:
    with pytest.raises(ModelRejected, match=f"contains {', '.join(names)}; one of input.npy"):
        choose(listed(*names))


def test_size_is_limited() -> None:
    assert choose(listed("input.npy", size=SIZE_LIMIT))
    with pytest.raises(ModelRejected, match="67,108,865 bytes; at most 67,108,864"):
        choose(listed("input.npy", size=SIZE_LIMIT + 1))


def test_expected_output_without_an_input_is_refused() -> None:
    with pytest.raises(ModelRejected, match=r"contains expected.npy, but no input"):
        choose(listed("expected.npy"))


@pytest.mark.parametrize("folder", ["", "resnet/", "team/resnet/"])
def test_sample_is_in_its_own_folder(put: Put, folder: str) -> None:
    put(b"other", "vgg/sample/input.npy")
    assert list_sample(DROPS, folder) == {}
    put(b"question", f"{folder}sample/input.png")
    assert set(list_sample(DROPS, folder)) == {"input.png"}


def test_other_files_do_not_hide_the_sample(put: Put) -> None:
    """S3 lists keys in alphabetical order, so a folder of pictures comes first."""
    for number in range(100):
        put(b"a picture", f"resnet/sample/all/{number:03}.png")
    put(b"question", "resnet/sample/input.png")
    put(b"answer", "resnet/sample/expected.json")
    assert set(list_sample(DROPS, "resnet/")) == {"input.png", "expected.json"}
