from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_packager.rejection import SpecRejected
from model_packager.spec import sidecar_file
from workflow.drop.spec_text import read_spec_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_packager.stored import Source

    Put = Callable[..., Source]

LIMIT_BYTES = sidecar_file.LIMIT_BYTES["deploy.yaml"]


def test_no_spec_is_none(put: Put) -> None:
    assert read_spec_text(put(b"model")) is None


def test_empty_spec_is_an_empty_text(put: Put) -> None:
    put(b"", "resnet/deploy.yaml")
    assert read_spec_text(put(b"model")) == ""


def test_spec_is_utf8(put: Put) -> None:
    put("# größer\n".encode(), "resnet/deploy.yaml")
    assert read_spec_text(put(b"model")) == "# größer\n"


def test_spec_of_the_limit_is_read(put: Put) -> None:
    put(b"#" * LIMIT_BYTES, "resnet/deploy.yaml")
    assert read_spec_text(put(b"model")) == "#" * LIMIT_BYTES


def test_longer_spec_is_rejected_with_its_size(put: Put) -> None:
    put(b"#" * (LIMIT_BYTES + 1), "resnet/deploy.yaml")
    with pytest.raises(SpecRejected, match="65,537 bytes"):
        read_spec_text(put(b"model"))


def test_spec_that_is_not_text_is_rejected_with_the_place(put: Put) -> None:
    put(b"max_batch_size: \xff", "resnet/deploy.yaml")
    with pytest.raises(SpecRejected, match=r"not UTF-8 text \(byte 16\)"):
        read_spec_text(put(b"model"))


def test_spec_of_another_folder_is_not_read(put: Put) -> None:
    put(b"max_batch_size: 1", "deploy.yaml")
    assert read_spec_text(put(b"model")) is None
