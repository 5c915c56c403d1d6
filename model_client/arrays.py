"""Reads and writes arrays by tensor name as NumPy files."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np

from model_client.errors import InvalidTensor
from model_client.text import without_objects
from model_packager.golden_sample import SIZE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zipfile import ZipInfo

    from numpy.typing import NDArray

    from model_client.sample_file import File

    Tensors = dict[str, NDArray[np.generic]]


def read_numpy(file: File, first_name: str) -> Tensors:
    """Read .npy (an array for the tensor `first_name`) or .npz (arrays by tensor name).

    Raises:
        InvalidTensor: the file is neither, or has pickled objects, which are never loaded.
    """
    try:
        # Python warns about texts in a damaged header.
        with warnings.catch_warnings(action="ignore"):
            loaded = np.load(io.BytesIO(file.content), allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {first_name: loaded}
            with loaded:
                _check_unpacked_size(loaded.zip.infolist())
                arrays = {name: loaded[name] for name in loaded.files}
    except Exception as error:  # NumPy, zipfile and zlib have ten
        raise _no_numpy(file, error) from error
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise _no_numpy(file, f"{name} in it is not an array")
    return arrays


def npz_of(arrays: Mapping[str, NDArray[np.generic]], *, compressed: bool = False) -> bytes:
    """Return arrays by tensor name as .npz, without pickles; see `without_objects`.

    numpy.savez takes the names as keyword arguments, so it refuses a tensor that is called `file`
    or `allow_pickle`.
    """
    content = io.BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED if compressed else ZIP_STORED) as archive:
        for name, array in without_objects(arrays).items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)
    return content.getvalue()


def _check_unpacked_size(members: list[ZipInfo]) -> None:
    """Reject an archive whose unpacked size is far larger than the file, before unpacking it."""
    size = sum(member.file_size for member in members)
    if size > SIZE_LIMIT:
        raise ValueError(f"it unpacks to {size:,} bytes, but at most {SIZE_LIMIT:,} are read")


def _no_numpy(file: File, problem: object) -> InvalidTensor:
    return InvalidTensor(
        f"{file.name} cannot be read as a NumPy file: {problem!s:.300}",
        "Write it with numpy.save or numpy.savez, without objects, then upload the model again.",
    )
