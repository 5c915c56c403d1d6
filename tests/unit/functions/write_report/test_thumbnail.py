from __future__ import annotations

import base64
import io
import struct
import zlib

import pytest
from PIL import Image

from tests.report_samples import PICTURE
from write_report.thumbnail import PIXEL_LIMIT, SIDE, thumbnail


def picture(uri: str | None) -> Image.Image:
    assert uri is not None
    kind, _, content = uri.partition(",")
    assert kind == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(content)))


def test_thumbnail_is_small_and_shows_the_same() -> None:
    small = picture(thumbnail(PICTURE.read_bytes()))
    assert max(small.size) <= SIDE
    with Image.open(PICTURE) as original:
        wanted = original.convert("RGB").resize((1, 1)).getpixel((0, 0))
    found = small.resize((1, 1)).getpixel((0, 0))
    assert isinstance(wanted, tuple)
    assert isinstance(found, tuple)
    assert all(abs(a - b) < 12 for a, b in zip(wanted, found, strict=True))


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA"])
def test_pictures_of_other_modes_are_taken(mode: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (900, 300)).save(file, "PNG")
    assert picture(thumbnail(file.getvalue())).size == (SIDE, 107)


def test_warnings_of_pillow_are_not_printed(recwarn: pytest.WarningsRecorder) -> None:
    file = io.BytesIO()
    Image.new("P", (9, 9)).save(file, "PNG", transparency=1)
    assert thumbnail(file.getvalue())
    assert not recwarn.list


def test_a_bomb_is_not_unpacked() -> None:
    side = int((PIXEL_LIMIT * 1.5) ** 0.5)
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    png += struct.pack(">I", zlib.crc32(chunk)) + struct.pack(">I", 0) + b"IDAT" + b"\0" * 4
    assert thumbnail(png) is None


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"<svg onload=alert(1)>", b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_picture_is_left_out(content: bytes) -> None:
    assert thumbnail(content) is None


def test_a_picture_cut_short_is_left_out() -> None:
    assert thumbnail(PICTURE.read_bytes()[:20_000]) is None
