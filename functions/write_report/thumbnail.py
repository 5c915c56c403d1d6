"""A sample picture, small enough to lie inside the page."""

from __future__ import annotations

import base64
import io

from PIL import Image

FORMATS = ("PNG", "JPEG")
"""No others: each of Pillow's many readers is a door for a hostile file."""

PIXEL_LIMIT = 20_000_000
"""80 MB as RGBA, and 60 MB as RGB beside it: more would not fit the function's memory."""

SIDE = 320


def thumbnail(picture: bytes) -> str | None:
    """Give a data URI; None where it is no picture that can be read, or has too many pixels."""
    try:
        with Image.open(io.BytesIO(picture), formats=FORMATS) as opened:
            if opened.width * opened.height > PIXEL_LIMIT:
                return None
            small = opened.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    small.thumbnail((SIDE, SIDE))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
