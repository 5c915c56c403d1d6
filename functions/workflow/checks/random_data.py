"""Tells the owner of a failed model that its test had random data, and which sample it needs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model_client.tensors import TestInput
    from model_packager.signature import Signature

_MOST_NAMES = 10


@contextmanager
def random_data_named(test_input: TestInput, signature: Signature) -> Iterator[None]:
    """Add to a failure that depends on the input that the input was random.

    Raises:
        SmokeTestFailed: the fix then asks for sample/input.npz with arrays of these names.
    """
    try:
        yield
    except SmokeTestFailed as failure:
        if not test_input.is_random or not failure.depends_on_input:
            raise
        raise SmokeTestFailed(
            f"{failure.cause} The request had random data{_of_integers(signature)}.",
            "If the model needs real values, put them beside it as sample/input.npz, with the "
            f"arrays {_names(signature)}. {failure.fix}",
        ) from failure


def _of_integers(signature: Signature) -> str:
    names = [each.name for each in signature.inputs if not each.dtype.startswith("FP")]
    return f", with only 0 and 1 in {_listed(names)}" if names else ""


def _names(signature: Signature) -> str:
    return _listed([each.name for each in signature.inputs])


def _listed(names: list[str]) -> str:
    shown = [f"{name:.60}" for name in names[:_MOST_NAMES]]
    if len(names) > _MOST_NAMES:
        shown.append(f"{len(names) - _MOST_NAMES} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
