"""A thumbnail of the sample picture, small enough to embed in the page."""

from __future__ import annotations

import base64
import io
import warnings

from PIL import Image

from model_packager.golden_sample import PICTURE_FORMATS

PIXEL_LIMIT = 20_000_000
"""These take 80 MB as RGBA and 60 MB as RGB; more would exceed the function's memory."""

SIDE = 320


def thumbnail(picture: bytes) -> str | None:
    """Return a data URI; None if the picture is unreadable or has too many pixels."""
    try:
        with (
            warnings.catch_warnings(action="ignore"),  # Pillow warns about unusual pictures
            Image.open(io.BytesIO(picture), formats=PICTURE_FORMATS) as opened,
        ):
            if opened.width * opened.height > PIXEL_LIMIT:
                return None
            small = opened.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    small.thumbnail((SIDE, SIDE))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
