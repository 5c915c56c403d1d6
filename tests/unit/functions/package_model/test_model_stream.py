from __future__ import annotations

import gzip
import io
import random
import tarfile
import zlib
from typing import TYPE_CHECKING

import pytest

from model_packager.repository.archive import closing, write_folder_archive
from model_packager.repository.stored_gzip import BLOCK_BYTES, HEADER
from package_model.model_stream import PENDING_PIECES, ModelStream
from tests.unit.functions.request_count import counted
from workflow.archive import part_size
from workflow.aws.aws_errors import UNREACHABLE
from workflow.aws.clients import s3
from workflow.errors import SourceChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.s3_stand_in.server import Server
    from model_packager.stored import Source

    Put = Callable[..., Source]

CONFIG = 'name: "resnet"\n'
PART = 2 * BLOCK_BYTES
TAR_HEADER_BYTES = 512
CONTENT = random.Random(1).randbytes(20 * PART)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_size, "MIN_BYTES", PART)


def streamed(source: Source, size: int) -> tuple[ModelStream, list[bytes]]:
    stream = ModelStream(source, size, "resnet", "1/model.pt")
    bodies = []
    for part in stream:
        assert part.crc32 == zlib.crc32(part.body)
        bodies.append(bytes(part.body))
    return stream, bodies


def at_once(content: bytes) -> bytes:
    output = io.BytesIO()
    files = [("1/model.pt", len(content), io.BytesIO(content))]
    write_folder_archive(output, "resnet", files, CONFIG)
    return output.getvalue()


@pytest.mark.parametrize(
    "size",
    [
        0,
        1,
        PART - TAR_HEADER_BYTES - 1,
        PART - TAR_HEADER_BYTES,
        PART - TAR_HEADER_BYTES + 1,
        2 * PART - TAR_HEADER_BYTES,
        2 * PART - 256,  # the last piece has only padding
        7 * PART + 77,
        20 * PART,
    ],
)
def test_pieces_are_the_archive_that_is_written_at_once(put: Put, size: int) -> None:
    content = CONTENT[:size]
    stream, bodies = streamed(put(content), size)
    archive = b"".join(bodies) + closing(stream.lead, "resnet", CONFIG, None)
    assert archive == at_once(content)
    assert stream.crc32 == zlib.crc32(content)
    assert stream.lead.archive_bytes == sum(map(len, bodies))
    gzip.decompress(archive)  # gunzip also checks the CRC32 and size


def test_every_byte_is_read_once(put: Put, stand_in: Server) -> None:
    source = put(CONTENT)
    before = stand_in.wire.sent.bytes
    with counted(s3()) as requests:
        streamed(source, len(CONTENT))
    assert requests == {"GetObject": 21}
    assert stand_in.wire.sent.bytes - before == len(CONTENT)


def test_few_pieces_are_read_ahead(put: Put) -> None:
    source = put(CONTENT)
    with counted(s3()) as requests:
        pieces = iter(ModelStream(source, len(CONTENT), "resnet", "1/model.pt"))
        next(pieces)
        assert requests["GetObject"] <= PENDING_PIECES
        pieces.close()  # type: ignore[attr-defined]  # it is a generator


def test_each_range_is_of_the_state_that_was_dropped(put: Put) -> None:
    source = put(CONTENT)
    pieces = iter(ModelStream(source, len(CONTENT), "resnet", "1/model.pt"))
    next(pieces)
    put(CONTENT[::-1])
    with pytest.raises(SourceChanged):
        list(pieces)


def test_connection_that_breaks_in_a_piece_is_made_again(put: Put, stand_in: Server) -> None:
    source = put(CONTENT)
    stand_in.cuts = 2
    stream, _ = streamed(source, len(CONTENT))
    assert stand_in.cuts == 0
    assert stream.crc32 == zlib.crc32(CONTENT)


def test_connection_that_breaks_again_and_again(put: Put, stand_in: Server) -> None:
    source = put(b"weights")
    stand_in.cuts = 3
    with pytest.raises(UNREACHABLE):
        streamed(source, 7)
    assert stand_in.requests["GetObject"] == 3


def test_model_above_8_gib(put: Put, stand_in: Server) -> None:
    """The size fits into the header. Ranges read the parts, here only the first one."""
    source, size = put(b""), 9 * 2**30
    found = stand_in.store.put_sparse(source.bucket, source.key, size)
    source = source.model_copy(update={"etag": found.etag.strip('"')})
    pieces = iter(ModelStream(source, size, "resnet", "1/model.pt"))
    first = next(pieces)
    pieces.close()  # type: ignore[attr-defined]  # it is a generator
    after_gzip = len(HEADER) + 5
    header = bytes(first.body[after_gzip : after_gzip + TAR_HEADER_BYTES])
    assert tarfile.TarInfo.frombuf(header, "utf-8", "strict").size == size
    assert stand_in.wire.sent.bytes < 16 * 2**20
