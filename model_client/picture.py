"""From a picture to the tensor that an image classifier takes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from model_client.errors import InvalidTensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_client.sample_file import File
    from model_packager.spec.smoke_test_spec import Picture

FORMATS = ("PNG", "JPEG")
"""No others: each of Pillow's many readers is a door for a hostile file."""

PIXEL_LIMIT = 50_000_000
"""150 MB as RGB: more is no sample, and would not fit the function's memory."""


def picture_tensor(file: File, picture: Picture) -> NDArray[np.float32]:
    """Resize the shorter side, crop the centre, scale to (pixel / 255 - mean) / std.

    Returns:
        FP32 [3, crop, crop], the channels red, green, blue.

    Raises:
        InvalidTensor: it is no PNG or JPEG, is cut short, or has too many pixels.
    """
    try:
        with Image.open(io.BytesIO(file.content), formats=FORMATS) as opened:
            size = _resized(opened.size, picture)
            _expect_few_pixels(opened.size, size)
            image = opened.convert("RGB").resize(
                size, Image.Resampling[picture.interpolation.upper()]
            )
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidTensor(
            f"{file.name} cannot be read as a picture: {error}",
            "Put a whole PNG or JPEG file there, then upload the model again.",
        ) from error
    pixels = np.asarray(_centre(image, picture.crop), dtype=np.float32) / 255
    mean, std = np.array(picture.mean, np.float32), np.array(picture.std, np.float32)
    return np.ascontiguousarray(((pixels - mean) / std).transpose(2, 0, 1), dtype=np.float32)


def _resized(size: tuple[int, int], picture: Picture) -> tuple[int, int]:
    # A fraction of a pixel is cut, and the margin rounded below, as torchvision's resize and
    # center_crop do: a pixel more would change every number of the tensor.
    width, height = (picture.resize * side // min(size) for side in size)
    return width, height


def _expect_few_pixels(*sizes: tuple[int, int]) -> None:
    for width, height in sizes:
        if width * height > PIXEL_LIMIT:
            raise ValueError(f"{width} x {height} pixels are more than {PIXEL_LIMIT:,}")


def _centre(image: Image.Image, crop: int) -> Image.Image:
    left, top = round((image.width - crop) / 2), round((image.height - crop) / 2)
    return image.crop((left, top, left + crop, top + crop))
