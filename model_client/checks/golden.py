"""Compares a response with the golden sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model_client.checks.closeness import difference, is_float
from model_client.checks.ranked_classes import check_classes
from model_client.text import is_text
from model_packager.error_message import Remedy
from model_packager.rejection import SmokeTestFailed

if TYPE_CHECKING:
    from model_client.checks.answer import Answer
    from model_client.checks.closeness import Array
    from model_client.expectation import Expectation
    from model_packager.signature import Signature
    from model_packager.spec.smoke_test_spec import SmokeTest

_RECREATE = (
    "Recreate sample/expected from the model that you uploaded, then upload the model again."
)


def check_golden(
    answer: Answer, expectation: Expectation, signature: Signature, smoke_test: SmokeTest
) -> str:
    """Compare the response with the expectation, and describe the comparison.

    Args:
        answer: a response with the declared names, dtypes and shapes.
        expectation: an expectation for existing outputs of the model.
        signature: the model's declared inputs and outputs.
        smoke_test: the tolerances.

    Raises:
        SmokeTestFailed: the response differs.
    """
    if expectation.classes:
        return check_classes(answer, expectation, signature)
    comparisons = [
        _check_close(name, answer.output(name), expected, smoke_test)
        for name, expected in expectation.arrays.items()
    ]
    return f"{expectation.name}: {'; '.join(comparisons)}" if comparisons else expectation.name


def _check_close(name: str, actual: Array, expected: Array, smoke_test: SmokeTest) -> str:
    if expected.ndim == actual.ndim - 1 and actual.shape[0] == 1:
        expected = expected[np.newaxis]
    if expected.shape != actual.shape:
        raise SmokeTestFailed(
            f"The golden sample expects the shape {list(expected.shape)} for {name}, but the "
            f"output has {list(actual.shape)}.",
            _RECREATE,
            remedy=Remedy.COMPARE_OUTPUTS,
        )
    if is_text(expected):
        return _check_equal(name, actual, expected)
    rtol, atol = tolerance(smoke_test, name, exact=not is_float(actual))
    differs = difference(actual, expected, rtol=rtol, atol=atol)
    if differs:
        by = (
            f"by more than rtol {rtol:g} and atol {atol:g}"
            if rtol or atol
            else "(an exact match is required)"
        )
        raise SmokeTestFailed(
            f"{differs.count:,} of {differs.size:,} values of {name} differ from the golden sample "
            f"{by}; the largest difference is {differs.largest:g}, at {differs.index}: "
            f"{differs.actual} instead of {differs.expected}.",
            "If the new output is correct, recreate sample/expected. If both are acceptable, widen "
            f"smoke_test.tolerances for {name} in deploy.yaml. Otherwise export the model again.",
            remedy=Remedy.COMPARE_OUTPUTS,
        )
    return f"{name} within rtol {rtol:g}, atol {atol:g}" if rtol or atol else f"{name} equal"


def _check_equal(name: str, actual: Array, expected: Array) -> str:
    differs = difference(actual, expected)
    if differs:
        raise SmokeTestFailed(
            f"{differs.count:,} of {differs.size:,} texts of {name} differ from the golden sample "
            f"(an exact match is required). The first is at {differs.index}: {differs.actual} "
            f"instead of {differs.expected}.",
            "If the new output is correct, recreate sample/expected. Otherwise export the model "
            "again. If the model writes free text, leave the expectation out.",
            remedy=Remedy.COMPARE_OUTPUTS,
        )
    return f"{name} equal"


def tolerance(smoke_test: SmokeTest, name: str, *, exact: bool) -> tuple[float, float]:
    """Return rtol and atol for an output.

    Args:
        smoke_test: the general tolerances, and the tolerances of single outputs.
        name: the output's name.
        exact: whether the output has integers or booleans, to which the general tolerances do not
            apply.
    """
    own = smoke_test.tolerances.get(name)
    general = (0.0, 0.0) if exact else (smoke_test.rtol, smoke_test.atol)
    if own is None:
        return general
    return (
        general[0] if own.rtol is None else own.rtol,
        general[1] if own.atol is None else own.atol,
    )
