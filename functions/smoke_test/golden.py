"""Whether an answer is the one that the golden sample expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from smoke_test.checks.closeness import difference, is_float
from smoke_test.checks.ranked_classes import check_classes
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from model_client.answer import Answer
    from model_packager.signature import Signature
    from model_packager.spec.smoke_test_spec import SmokeTest
    from smoke_test.checks.closeness import Array
    from smoke_test.checks.expectation import Expectation

_ANEW = "Make the expectation anew from the model that you dropped, then drop it again."


def check_golden(
    answer: Answer, expectation: Expectation, signature: Signature, smoke_test: SmokeTest
) -> str:
    """Compare the answer, and say in words what was compared.

    Args:
        answer: whose names, dtypes and shapes are as promised.
        expectation: of names that the model has.
        signature: what the model promises.
        smoke_test: the tolerances.

    Raises:
        SmokeTestFailed: the answer is another.
    """
    if expectation.classes:
        return check_classes(answer, expectation, signature)
    said = [
        _check_close(name, answer.output(name), wanted, smoke_test)
        for name, wanted in expectation.arrays.items()
    ]
    return f"{expectation.name}: {'; '.join(said)}" if said else expectation.name


def _check_close(name: str, found: Array, wanted: Array, smoke_test: SmokeTest) -> str:
    if wanted.ndim == found.ndim - 1 and found.shape[0] == 1:
        wanted = wanted[np.newaxis]
    if wanted.shape != found.shape:
        raise SmokeTestFailed(
            f"The golden sample expects {list(wanted.shape)} for {name}, and the answer has "
            f"{list(found.shape)}.",
            _ANEW,
        )
    rtol, atol = tolerance(smoke_test, name, exact=not is_float(found))
    differs = difference(found, wanted, rtol=rtol, atol=atol)
    if differs:
        by = f"by more than rtol {rtol:g} and atol {atol:g}" if rtol or atol else "and must not"
        raise SmokeTestFailed(
            f"{differs.count:,} of {differs.size:,} values of {name} differ from the golden sample "
            f"{by}; the largest difference is {differs.largest:g}, at {differs.index}: "
            f"{differs.found} was answered and {differs.wanted} expected.",
            "If the new answers are right, make sample/expected anew; if both are, widen "
            f"smoke_test.tolerances for {name} in deploy.yaml. Otherwise export the model anew.",
        )
    return f"{name} within rtol {rtol:g}, atol {atol:g}" if rtol or atol else f"{name} equal"


def tolerance(smoke_test: SmokeTest, name: str, *, exact: bool) -> tuple[float, float]:
    """Give rtol and atol of an output.

    Args:
        smoke_test: where an output may have its own.
        name: the output's.
        exact: it holds whole numbers or booleans, which the general tolerances are not meant for.
    """
    own = smoke_test.tolerances.get(name)
    general = (0.0, 0.0) if exact else (smoke_test.rtol, smoke_test.atol)
    if own is None:
        return general
    return (
        general[0] if own.rtol is None else own.rtol,
        general[1] if own.atol is None else own.atol,
    )
