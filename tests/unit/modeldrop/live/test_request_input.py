"""The tensors of a request to a live model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from model_packager.spec.smoke_test_spec import SmokeTest
from modeldrop.errors import UsageError
from modeldrop.live.live_model import LiveModel, with_input
from modeldrop.live.request_input import request_input
from tests.unit.functions.samples import ENDPOINT, VERSION, signature, tensor

if TYPE_CHECKING:
    from pathlib import Path

PICTURE_MODEL = LiveModel(
    "resnet", VERSION, ENDPOINT, signature((tensor("x", 3, 224, 224),)), SmokeTest(), None
)


def test_file_of_the_user_is_the_input(tmp_path: Path) -> None:
    file = tmp_path / "batch.npy"
    np.save(file, np.zeros((2, 3, 224, 224), np.float32))
    test_input = request_input(with_input(PICTURE_MODEL, file))
    assert (test_input.description, test_input.tensors["x"].shape) == (str(file), (2, 3, 224, 224))


def test_wrong_input_is_rejected_with_the_expected_shape(tmp_path: Path) -> None:
    file = tmp_path / "wrong.npy"
    np.save(file, np.zeros((3, 8), np.float32))
    with pytest.raises(UsageError) as caught:
        request_input(with_input(PICTURE_MODEL, file))
    assert f"{file} has float32 [3, 8] for x" in str(caught.value)
    assert "resnet expects x FP32 [N, 3, 224, 224]." in str(caught.value)
    assert "upload the model again" not in str(caught.value)


@pytest.mark.parametrize("name", ["cat.png", "CAT.JPG"])
def test_what_is_no_picture(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(b"GIF89a")
    with pytest.raises(UsageError, match="cannot be read as a picture"):
        request_input(with_input(PICTURE_MODEL, file))


def test_random_data_that_is_too_large_for_a_request() -> None:
    large = replace(PICTURE_MODEL, signature=signature((tensor("x", 4096, 4096),)))
    with pytest.raises(UsageError, match=r"Pass a smaller input of your own\.$"):
        request_input(large)
