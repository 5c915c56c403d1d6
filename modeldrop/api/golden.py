"""The golden sample of a drop, from values of a Python program."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modeldrop.errors import UsageError, require_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import ArrayLike

    Input = str | Path | ArrayLike | Mapping[str, ArrayLike]
    Expected = str | int | Path | np.ndarray[Any, Any] | Mapping[str, ArrayLike]


def write_sample(
    folder: Path, given: Input, expected: Expected, labels: Sequence[str] | None
) -> None:
    """Write `input.*` and `expected.*` of a golden sample.

    Args:
        folder: the existing folder to write to.
        given: the input: a file (.png, .jpg, .npy, .npz, .json), an array, or arrays by input name.
        expected: the output: the number of the top class, its label, a file (as a Path), an array,
            or arrays by output name.
        labels: the class labels in the order of the output; needed if `expected` is a label.

    Raises:
        UsageError: there is no such file or label.
    """
    _write(folder, "input", given)
    if isinstance(expected, int | str) and not isinstance(expected, bool):
        document = _top_class(expected, labels)
        (folder / "expected.json").write_text(json.dumps(document), encoding="utf-8")
    else:
        _write(folder, "expected", expected)


def _top_class(expected: int | str, labels: Sequence[str] | None) -> dict[str, Any]:
    if isinstance(expected, int):
        return {"top_class": expected}
    if labels is None or expected not in labels:
        reason = "there is no labels.txt" if labels is None else "it is not in labels.txt"
        raise UsageError(
            f"The label {expected!r} has no class: {reason}.",
            "Pass labels=, or the number of the class instead of its label.",
        )
    return {"top_class": labels.index(expected), "label": expected}


def _write(folder: Path, stem: str, value: Any) -> None:
    if isinstance(value, str | Path):
        file = Path(value)
        require_file(file)
        shutil.copyfile(file, folder / f"{stem}{file.suffix.lower()}")
        return
    import numpy as np  # imported here, because most programs pass files

    if isinstance(value, Mapping):
        from model_client.arrays import npz_of

        named = {name: _without_objects(np.asarray(each)) for name, each in value.items()}
        (folder / f"{stem}.npz").write_bytes(npz_of(named))
    else:
        array = _without_objects(np.asarray(value))
        np.save(folder / f"{stem}.npy", array, allow_pickle=False)


def _without_objects(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Convert text objects, which NumPy could only pickle: golden samples have no pickles."""
    if array.dtype != object:
        return array
    import numpy as np

    from model_client.text import decoded

    try:
        return decoded(array).astype(np.str_)
    except ValueError as error:
        raise UsageError(f"The golden sample has no array of numbers or text: {error}.") from error
