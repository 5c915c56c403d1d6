from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from botocore.exceptions import ClientError
from onnx import numpy_helper

from model_packager.formats.onnx.format import ONNX
from model_packager.formats.onnx.graph import read_graph
from model_packager.formats.torchscript.archive import read_torchscript
from tests import onnx_models
from tests.unit.functions.request_count import counted
from tests.unit.functions.samples import DROPS
from workflow.aws.clients import s3
from workflow.aws.ranged_file import TAIL_BYTES
from workflow.drop.source_object import SourceReader, read_sibling, source_size
from workflow.errors import SourceChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_packager.stored import Source

    Put = Callable[..., Source]

CONTENT = random.Random(7).randbytes(3 * TAIL_BYTES + 17)


@pytest.mark.parametrize(
    "size", [0, 1, 1000, TAIL_BYTES - 1, TAIL_BYTES, TAIL_BYTES + 1, len(CONTENT)]
)
def test_reads_the_whole_object(put: Put, size: int) -> None:
    reader = SourceReader(put(CONTENT[:size]), size)
    assert reader.readall() == CONTENT[:size]
    assert reader.read(1) == b""


def test_random_reads_are_those_of_a_file(put: Put) -> None:
    reader = SourceReader(put(CONTENT), len(CONTENT))
    file, chance = io.BytesIO(CONTENT), random.Random(3)
    for _ in range(150):
        whence = chance.choice([io.SEEK_SET, io.SEEK_CUR, io.SEEK_END])
        offset = chance.randrange(-len(CONTENT), len(CONTENT))
        base = (0, file.tell(), len(CONTENT))[whence]
        if base + offset < 0:
            continue
        assert reader.seek(offset, whence) == file.seek(offset, whence)
        # A raw read may return fewer bytes than requested; it returns none only at the end.
        found = reader.read(chance.randrange(1, 2 * TAIL_BYTES)) or b""
        assert found == file.read(len(found))
        assert found or file.tell() >= len(CONTENT)
        assert reader.tell() == file.tell()


def test_buffered_reads_are_exact(put: Put) -> None:
    file = io.BufferedReader(SourceReader(put(CONTENT), len(CONTENT)))
    start = TAIL_BYTES - 5
    file.seek(start)
    assert file.read(TAIL_BYTES + 10) == CONTENT[start : start + TAIL_BYTES + 10]


def test_seek_before_the_start_is_refused_as_files_do(put: Put) -> None:
    reader = SourceReader(put(b"abc"), 3)
    with pytest.raises(ValueError, match="negative seek"):
        reader.seek(-4, io.SEEK_END)


def test_small_model_takes_one_request(put: Put, traced_model: bytes) -> None:
    source = put(traced_model)
    with counted(s3()) as requests:
        read_torchscript(io.BufferedReader(SourceReader(source, len(traced_model))))
    assert requests == {"GetObject": 1}


def test_large_model_takes_few_requests_and_no_weights(put: Put, large_model: bytes) -> None:
    source = put(large_model)
    with counted(s3()) as requests:
        read_torchscript(io.BufferedReader(SourceReader(source, len(large_model))))
    assert len(large_model) > 8 * TAIL_BYTES
    assert requests["GetObject"] <= 3


def test_format_that_skips_weights_fetches_little(put: Put) -> None:
    """There is a request for each weight, because ONNX has no table of contents."""
    proto = onnx_models.linear()
    weight = np.ones(1_000_000, np.float32)
    proto.graph.initializer.extend(
        numpy_helper.from_array(weight, f"large {index}") for index in range(5)
    )
    content = proto.SerializeToString()
    source = put(content)
    with counted(s3()) as requests:
        read_graph(io.BufferedReader(SourceReader(source, len(content)), ONNX.buffer_bytes))
    assert requests["GetObject"] <= 8  # at most 384 KiB each, while the weights have 20 MB


def test_overwritten_object_is_not_read_further(put: Put) -> None:
    reader = SourceReader(put(CONTENT), len(CONTENT))
    put(CONTENT[::-1])
    with pytest.raises(SourceChanged, match=r"s3://drops/resnet/model\.pt was overwritten"):
        reader.read(1)


def test_deleted_object_is_source_changed(put: Put) -> None:
    source = put(CONTENT)
    s3().delete_object(Bucket=DROPS, Key=source.key)
    for read in (source_size, lambda gone: SourceReader(gone, len(CONTENT))):
        with pytest.raises(SourceChanged):
            read(source)


def test_overwritten_by_the_same_bytes_is_unchanged(put: Put) -> None:
    source = put(b"same")
    put(b"same")
    assert source_size(source) == 4
    assert SourceReader(source, 4).read() == b"same"


@pytest.mark.parametrize(
    ("key", "sibling"),
    [("team/resnet/model.pt", "team/resnet/deploy.yaml"), ("model.pt", "deploy.yaml")],
)
def test_reads_a_sibling_object(put: Put, key: str, sibling: str) -> None:
    source = put(b"model", key)
    assert read_sibling(source, "deploy.yaml") is None
    put(b"{}", sibling)
    assert read_sibling(source, "deploy.yaml") == b"{}"


def test_sibling_that_cannot_be_read_is_not_missing(put: Put) -> None:
    elsewhere = put(b"model").model_copy(update={"bucket": "no-such-bucket"})
    with pytest.raises(ClientError, match="NoSuchBucket"):
        read_sibling(elsewhere, "deploy.yaml")
