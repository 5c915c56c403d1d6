"""Turns a picture into the input tensor of an image classifier."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

import numpy as np

from model_client.errors import InvalidTensor
from model_packager.golden_sample import PICTURE_FORMATS
from model_packager.rejection import refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from model_client.sample_file import File
    from model_packager.spec.smoke_test_spec import Picture

PIXEL_LIMIT = 50_000_000
"""The maximum takes 150 MB as RGB. More would not fit into the function's memory."""

RESIZED_PIXEL_LIMIT = 16_000_000
"""The maximum for the resized picture, which is in memory at the same time."""


def picture_tensor(file: File, picture: Picture) -> NDArray[np.float32]:
    """Resize the shorter side, crop the center, and scale to (pixel / 255 - mean) / std.

    Returns:
        FP32 [3, crop, crop], with the channels red, green and blue.

    Raises:
        InvalidTensor: the file is not a PNG or JPEG, is truncated, or has too many pixels.
    """
    from PIL import Image  # imported here, because most requests have no picture

    try:
        with (
            refusal(lambda reason: _unreadable(file, reason)),
            warnings.catch_warnings(action="ignore"),  # Pillow warns about large pictures
            Image.open(io.BytesIO(file.content), formats=PICTURE_FORMATS) as opened,
        ):
            size = _resized(opened.size, picture)
            _expect_few_pixels(opened.size, PIXEL_LIMIT)
            _expect_few_pixels(size, RESIZED_PIXEL_LIMIT)
            image = opened.convert("RGB").resize(
                size, Image.Resampling[picture.interpolation.upper()]
            )
    except (OSError, Image.DecompressionBombError) as error:
        raise _unreadable(file, str(error)) from error
    pixels = np.asarray(_center(image, picture.crop), dtype=np.float32) / 255
    mean, std = np.array(picture.mean, np.float32), np.array(picture.std, np.float32)
    return np.ascontiguousarray(((pixels - mean) / std).transpose(2, 0, 1), dtype=np.float32)


def _unreadable(file: File, reason: str) -> InvalidTensor:
    return InvalidTensor(
        f"{file.name} cannot be read as a picture: {reason:.300}",
        "Put a whole PNG or JPEG file there, then upload the model again.",
    )


def _resized(size: tuple[int, int], picture: Picture) -> tuple[int, int]:
    # Sizes are truncated and the margin is rounded below, like torchvision's resize and
    # center_crop. One more pixel would change every number of the tensor.
    width, height = (picture.resize * side // min(size) for side in size)
    return width, height


def _expect_few_pixels(size: tuple[int, int], limit: int) -> None:
    width, height = size
    if width * height > limit:
        raise ValueError(f"{width} x {height} pixels are more than {limit:,}")


def _center(image: Image.Image, crop: int) -> Image.Image:
    left, top = round((image.width - crop) / 2), round((image.height - crop) / 2)
    return image.crop((left, top, left + crop, top + crop))
