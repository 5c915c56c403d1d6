"""Creates NumPy files like those in golden samples."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_client.sample_file import File


def npy(array: NDArray[Any], name: str = "sample/input.npy", **options: Any) -> File:
    file = io.BytesIO()
    np.save(file, array, **options)
    return File(name, file.getvalue())


def npz(**arrays: Any) -> File:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return File("sample/input.npz", file.getvalue())
