from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model_client.errors import InvalidTensor
from model_client.picture import PIXEL_LIMIT, RESIZED_PIXEL_LIMIT, picture_tensor
from model_client.sample_file import File
from model_packager.spec.smoke_test_spec import Picture

CAT = Path(__file__).parents[3] / "examples" / "sample" / "input.png"
PLAIN = Picture(resize=4, crop=4, mean=(0, 0, 0), std=(1, 1, 1))


def file(image: Image.Image, kind: str = "PNG") -> File:
    content = io.BytesIO()
    image.save(content, kind)
    return File("sample/input.png", content.getvalue())


def as_torchvision_does(image: Image.Image, picture: Picture) -> NDArray[np.float32]:
    from torchvision.transforms import InterpolationMode, functional  # the import takes seconds

    resized = functional.resize(
        image.convert("RGB"), [picture.resize], InterpolationMode(picture.interpolation)
    )
    tensor = functional.to_tensor(functional.center_crop(resized, [picture.crop, picture.crop]))
    normal = functional.normalize(tensor, list(picture.mean), list(picture.std))
    return np.asarray(normal, np.float32)


@pytest.mark.slow
@pytest.mark.parametrize(
    "picture",
    [
        Picture(),
        Picture(interpolation="bicubic", mean=(0.498, 0.498, 0.498), std=(0.502, 0.502, 0.502)),
        Picture(resize=224, crop=224),
    ],
    ids=["imagenet", "lite0", "no margin"],
)
@pytest.mark.parametrize(
    "size", [(451, 300), (300, 451), (256, 256), (640, 427), (500, 375), (100, 61)]
)
def test_cat_is_as_torchvision_makes_it(picture: Picture, size: tuple[int, int]) -> None:
    cat = Image.open(CAT).resize(size)
    found = picture_tensor(file(cat), picture)
    np.testing.assert_allclose(found, as_torchvision_does(cat, picture), atol=1e-5)
    assert found.flags.c_contiguous


def test_channels_are_red_green_blue_between_0_and_1() -> None:
    found = picture_tensor(file(Image.new("RGB", (4, 4), (255, 51, 0))), PLAIN)
    np.testing.assert_allclose(found[:, 0, 0], [1, 0.2, 0], rtol=1e-6)


def test_mean_and_std_are_those_of_the_channels() -> None:
    picture = Picture(resize=4, crop=2, mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 2))
    found = picture_tensor(file(Image.new("RGB", (4, 4), "white")), picture)
    np.testing.assert_allclose(found[:, 1, 1], [1.8, 3.2, 0.35], rtol=1e-6)


@pytest.mark.parametrize("size", [(8, 4), (4, 8), (400, 300), (1, 1), (1001, 333)])
def test_shorter_side_is_resized_and_the_center_cropped(size: tuple[int, int]) -> None:
    picture = Picture(resize=6, crop=4, mean=(0, 0, 0), std=(1, 1, 1))
    assert picture_tensor(file(Image.new("RGB", size)), picture).shape == (3, 4, 4)


def test_center_is_kept() -> None:
    image = Image.new("RGB", (12, 4), "black")
    image.paste("white", (4, 0, 8, 4))
    found = picture_tensor(file(image), PLAIN)
    np.testing.assert_array_equal(found, np.ones((3, 4, 4), np.float32))


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1", "LA", "CMYK"])
def test_other_modes_become_rgb(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = Image.new("RGB", (4, 4), "white").convert(mode)
    np.testing.assert_allclose(picture_tensor(file(image, kind), PLAIN), 1)


def test_jpeg_is_a_picture() -> None:
    found = picture_tensor(file(Image.new("RGB", (8, 8), "white"), "JPEG"), PLAIN)
    np.testing.assert_allclose(found, 1, atol=0.01)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "WEBP"])
def test_other_formats_are_refused(kind: str) -> None:
    with pytest.raises(InvalidTensor, match="cannot be read as a picture"):
        picture_tensor(file(Image.new("RGB", (4, 4)), kind), PLAIN)


@pytest.mark.parametrize("content", [b"", b"no picture", CAT.read_bytes()[:5000]])
def test_no_picture_or_half_of_one_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidTensor, match=r"sample/input\.png cannot be read as a picture"):
        picture_tensor(File("sample/input.png", content), PLAIN)


@pytest.mark.parametrize("pixels", [PIXEL_LIMIT, Image.MAX_IMAGE_PIXELS])
def test_too_many_pixels_are_refused_before_they_are_read(
    pixels: int, recwarn: pytest.WarningsRecorder
) -> None:
    side = int(pixels**0.5) + 1
    image = Image.new("1", (side, side))
    with pytest.raises(InvalidTensor, match=f"more than {PIXEL_LIMIT:,}"):
        picture_tensor(file(image), PLAIN)
    assert not recwarn.list


def test_long_and_thin_picture_that_would_grow_too_large_is_refused() -> None:
    with pytest.raises(InvalidTensor, match=f"more than {RESIZED_PIXEL_LIMIT:,}"):
        picture_tensor(file(Image.new("1", (90_000, 1))), Picture())
