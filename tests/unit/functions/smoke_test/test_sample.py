from __future__ import annotations

from typing import TYPE_CHECKING

from model_client.sample_file import File
from smoke_test.sample import Sample, read_sample
from tests.unit.functions.samples import DROPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_packager.stored import Source


def test_sample_belongs_to_the_version(put: Callable[..., Source]) -> None:
    put(b"another version's", "resnet/v2/sample/input.npy")
    assert read_sample(DROPS, "resnet/v1/") == Sample(None, None)
    put(b"question", "resnet/v1/sample/input.png")
    assert read_sample(DROPS, "resnet/v1/") == Sample(File("sample/input.png", b"question"), None)
    put(b"answer", "resnet/v1/sample/expected.json")
    assert read_sample(DROPS, "resnet/v1/").expected == File("sample/expected.json", b"answer")
