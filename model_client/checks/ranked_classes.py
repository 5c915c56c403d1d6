"""Checks that the expected classes are among a classifier's top classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model_client.expectation import Expectation, ExpectedClasses
from model_packager.error_message import Remedy
from model_packager.rejection import SmokeTestFailed

if TYPE_CHECKING:
    from model_client.checks.answer import Answer
    from model_client.checks.closeness import Array
    from model_packager.signature import Signature
    from model_packager.stored import Ranking


def check_classes(answer: Answer, expectation: Expectation, signature: Signature) -> str:
    """Check every item of the response, and describe the result.

    A single expectation applies to all items; a list has one expectation for each item.

    Raises:
        SmokeTestFailed: an item has other classes, or the number of items differs.
    """
    expected, file = expectation.classes, expectation.name
    if isinstance(expected, tuple):
        for item, wanted in enumerate(expected):
            items = _items(answer, wanted, signature, split=True)
            if len(items) != len(expected):
                raise SmokeTestFailed(
                    f"{file} has {len(expected)} expectations, but the response has {len(items)} "
                    "items.",
                    "Write one expectation for each item of the sample, or a single one for all.",
                    remedy=Remedy.CORRECT_SAMPLE,
                )
            _check_item(items[item], wanted, signature, f"The golden sample, item {item},")
        return f"{file}: {len(expected)} items: " + "; ".join(map(_description, expected))
    for scores in _items(answer, expected, signature, split=signature.max_batch_size > 0):
        _check_item(scores, expected, signature, "The golden sample")
    return f"{file}: {_description(expected)}"


def check_label(expectation: Expectation, signature: Signature, top: list[Ranking]) -> None:
    """Compare the expected label with Triton's.

    Args:
        expectation: the expectation, whose first item was ranked.
        signature: the model's outputs; labels belong to the first one.
        top: Triton's top classes, with labels from the model's labels.txt.

    Raises:
        SmokeTestFailed: labels.txt has another label for the class.
    """
    expected = expectation.classes
    first = expected[:1] if isinstance(expected, tuple) else (expected,)
    for wanted in first:
        if wanted.label is None or _output(wanted, signature) != signature.outputs[0].name:
            continue
        for ranking in top:
            if ranking.index == wanted.top_class and ranking.label != wanted.label:
                raise SmokeTestFailed(
                    f"{expectation.name} labels class {ranking.index} {wanted.label!r}, but "
                    f"labels.txt labels it {ranking.label!r}.",
                    "Correct one of them (labels.txt has one line for each class, starting with "
                    "class 0), then upload the model again.",
                    remedy=Remedy.CORRECT_SAMPLE,
                )


def _items(
    answer: Answer, wanted: ExpectedClasses, signature: Signature, *, split: bool
) -> list[Array]:
    scores = answer.output(_output(wanted, signature))
    return [each.reshape(-1) for each in np.atleast_1d(scores)] if split else [scores.reshape(-1)]


def _output(wanted: ExpectedClasses, signature: Signature) -> str:
    return wanted.output or signature.outputs[0].name


def _check_item(scores: Array, wanted: ExpectedClasses, signature: Signature, where: str) -> None:
    name = _output(wanted, signature)
    if scores.size <= max(wanted.wanted):
        raise SmokeTestFailed(
            f"{where} expects class {max(wanted.wanted)}, but the output {name} has only "
            f"{scores.size} values per item.",
            "Correct the class in sample/expected.json, then upload the model again.",
            remedy=Remedy.CORRECT_SAMPLE,
        )
    best = np.argsort(scores)[::-1][: wanted.best].tolist()
    if not set(wanted.wanted) <= set(best):
        raise SmokeTestFailed(
            f"{where} expects {_classes(wanted)} in the top {wanted.best} of {name}; the "
            f"model's top {wanted.best} is {best}.",
            "If the model is right, correct sample/expected.json. Otherwise check the picture's "
            "preprocessing (smoke_test.picture in deploy.yaml) and the weights.",
            remedy=Remedy.COMPARE_OUTPUTS,
        )
    lowest = min(float(scores[each]) for each in wanted.wanted)
    if wanted.min_score is not None and lowest < wanted.min_score:
        raise SmokeTestFailed(
            f"{where} expects {_classes(wanted)} with a score of at least {wanted.min_score:g} in "
            f"{name}, but the score is {lowest:g}.",
            "If that is good enough, lower min_score in sample/expected.json. Scores are compared "
            "as the model returns them: logits, unless it ends in a softmax. Otherwise check the "
            "preprocessing and the weights.",
            remedy=Remedy.COMPARE_OUTPUTS,
        )


def _classes(wanted: ExpectedClasses) -> str:
    if wanted.classes is not None:
        return f"classes {', '.join(map(str, wanted.classes))}"
    return f"class {wanted.top_class}" + (f" ({wanted.label})" if wanted.label else "")


def _description(wanted: ExpectedClasses) -> str:
    verb = "are" if wanted.classes else "is"
    result = f"{_classes(wanted)} {verb} in the top {wanted.best}"
    if wanted.min_score is None:
        return result
    return f"{result}, with a score of at least {wanted.min_score:g}"
