"""Converts arrays of text: NumPy arrays of bytes objects, as in tritonclient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

SHOWN_CHARACTERS = 80

_LENGTH_BYTES = 4  # the length before each text (binary tensor data extension)


def is_text(array: NDArray[np.generic]) -> bool:
    """Return whether an array has text: objects, or NumPy's text types (`U` and `S`)."""
    return array.dtype.kind in "OSU"


def text_array(array: NDArray[np.generic]) -> NDArray[np.object_]:
    """Return an array of text as bytes objects in UTF-8.

    Raises:
        ValueError: an element is neither str nor bytes, or is a str that UTF-8 cannot encode.
    """
    encoded = np.empty(array.size, np.object_)
    for index, each in enumerate(array.reshape(-1).tolist()):
        encoded[index] = _encoded(each)
    return encoded.reshape(array.shape)


def _encoded(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes):
        return bytes(value)  # tritonclient sends numpy.bytes_ as the text "b'…'"
    raise ValueError(f"{type(value).__name__} is not text")


def decoded(array: NDArray[np.generic]) -> NDArray[np.object_]:
    r"""Return an array of text as str objects; `\xff` stands for a byte that is not UTF-8."""
    texts = np.empty(array.size, np.object_)
    for index, each in enumerate(text_array(array).reshape(-1)):
        texts[index] = each.decode("utf-8", "backslashreplace")
    return texts.reshape(array.shape)


def encoded_bytes(array: NDArray[np.generic]) -> int:
    """Return the size of an array in a binary request, in bytes."""
    if not is_text(array):
        return array.nbytes
    return sum(_LENGTH_BYTES + len(each) for each in array.reshape(-1).tolist())


def without_objects(arrays: Mapping[str, NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
    """Return arrays that NumPy saves without a pickle. Text becomes Unicode as in `decoded`."""
    return {
        name: decoded(array).astype(np.str_) if is_text(array) else array
        for name, array in arrays.items()
    }


def shown(text: bytes) -> str:
    """Return a printable text in quotes, truncated after SHOWN_CHARACTERS."""
    whole = text[: 4 * SHOWN_CHARACTERS + 4].decode("utf-8", "backslashreplace")
    if len(whole) <= SHOWN_CHARACTERS and len(text) <= 4 * SHOWN_CHARACTERS:
        return repr(whole)
    return f"{whole[:SHOWN_CHARACTERS]!r} and {len(text):,} bytes in all"
