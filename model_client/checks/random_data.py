"""Adds to a failed test that its data was random, and which sample the model needs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from model_packager.dtype import Dtype
from model_packager.rejection import SmokeTestFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model_client.tensors import TestInput
    from model_packager.signature import Signature

_MAX_NAMES = 10


@contextmanager
def random_data_named(test_input: TestInput, signature: Signature) -> Iterator[None]:
    """Add the note on random data to a failure that depends on the input.

    Raises:
        SmokeTestFailed: the fix requests sample/input.npz with arrays of these names, or
            sample/input.json if one of them is text.
    """
    try:
        yield
    except SmokeTestFailed as failure:
        if not test_input.is_random or not failure.depends_on_input:
            raise
        raise SmokeTestFailed(
            f"{failure.cause.rstrip('.')}. The request had random data{_restrictions(signature)}.",
            f"If the model needs real values, put them next to it as {_file(signature)}, with the "
            f"arrays {_names(signature)}. {failure.fix}",
            evidence=failure.evidence,
            remedy=failure.remedy,
        ) from failure


def _restrictions(signature: Signature) -> str:
    texts = [each.name for each in signature.inputs if each.dtype is Dtype.STRING]
    integers = [
        each.name
        for each in signature.inputs
        if not each.dtype.startswith("FP") and each.dtype is not Dtype.STRING
    ]
    found = [
        f"{what} in {_listed(names)}"
        for what, names in (("only 0 and 1", integers), ("a few English words", texts))
        if names
    ]
    return f", with {' and '.join(found)}" if found else ""


def _file(signature: Signature) -> str:
    has_text = any(each.dtype is Dtype.STRING for each in signature.inputs)
    return f"sample/input.{'json' if has_text else 'npz'}"


def _names(signature: Signature) -> str:
    return _listed([each.name for each in signature.inputs])


def _listed(names: list[str]) -> str:
    shown = [f"{name:.60}" for name in names[:_MAX_NAMES]]
    if len(names) > _MAX_NAMES:
        shown.append(f"{len(names) - _MAX_NAMES} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
