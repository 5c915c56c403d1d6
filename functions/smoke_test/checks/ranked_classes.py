"""Whether a classifier ranks the expected classes among its best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from smoke_test.checks.expectation import Expectation, ExpectedClasses
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from model_client.answer import Answer
    from model_packager.signature import Signature
    from smoke_test.checks.closeness import Array
    from workflow.contracts.deploy_model import Ranking


def check_classes(answer: Answer, expectation: Expectation, signature: Signature) -> str:
    """Look at every item of the answer, and say in words what was found.

    One expectation holds for all items; of a list, each holds for its own.

    Raises:
        SmokeTestFailed: an item has other classes, or there are more or fewer items than expected.
    """
    expected, file = expectation.classes, expectation.name
    if isinstance(expected, tuple):
        for item, wanted in enumerate(expected):
            items = _items(answer, wanted, signature, split=True)
            if len(items) != len(expected):
                raise SmokeTestFailed(
                    f"{file} has {len(expected)} expectations, and the answer {len(items)} items.",
                    "Write one expectation for each item of the sample, or a single one for all.",
                )
            _check_item(items[item], wanted, signature, f"The golden sample, item {item},")
        return f"{file}: {len(expected)} items: " + "; ".join(map(_words, expected))
    for scores in _items(answer, expected, signature, split=signature.max_batch_size > 0):
        _check_item(scores, expected, signature, "The golden sample")
    return f"{file}: {_words(expected)}"


def check_label(expectation: Expectation, signature: Signature, top: list[Ranking]) -> None:
    """Compare the expected label with the one that Triton names.

    Args:
        expectation: its first item is the one that was ranked.
        signature: labels belong to the first output.
        top: what Triton ranks first, with the labels of the model's labels.txt.

    Raises:
        SmokeTestFailed: labels.txt calls the class otherwise.
    """
    expected = expectation.classes
    first = expected[:1] if isinstance(expected, tuple) else (expected,)
    for wanted in first:
        if wanted.label is None or _output(wanted, signature) != signature.outputs[0].name:
            continue
        for ranking in top:
            if ranking.index == wanted.top_class and ranking.label != wanted.label:
                raise SmokeTestFailed(
                    f"{expectation.name} calls class {ranking.index} {wanted.label!r}, and "
                    f"labels.txt calls it {ranking.label!r}.",
                    "Correct one of the two (labels.txt has a line for each class, from 0), then "
                    "drop the model again.",
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
            f"{where} expects class {max(wanted.wanted)}, and the output {name} has {scores.size} "
            "values for an item.",
            "Correct the class in sample/expected.json, then drop the model again.",
        )
    best = np.argsort(scores)[::-1][: wanted.best].tolist()
    if not set(wanted.wanted) <= set(best):
        raise SmokeTestFailed(
            f"{where} expects {_classes(wanted)} within the best {wanted.best} of {name}; the "
            f"model's best are {best}.",
            "If the model is right, correct sample/expected.json; otherwise look at the picture's "
            "preprocessing (smoke_test.picture in deploy.yaml) and at the weights.",
        )
    least = min(float(scores[each]) for each in wanted.wanted)
    if wanted.min_score is not None and least < wanted.min_score:
        raise SmokeTestFailed(
            f"{where} expects {_classes(wanted)} with a score of {wanted.min_score:g} or more in "
            f"{name}; the score is {least:g}.",
            "If that is good enough, lower min_score in sample/expected.json (scores are compared "
            "as the model gives them: logits, unless it ends in a softmax); otherwise look at the "
            "preprocessing and at the weights.",
        )


def _classes(wanted: ExpectedClasses) -> str:
    if wanted.classes is not None:
        return f"classes {', '.join(map(str, wanted.classes))}"
    return f"class {wanted.top_class}" + (f" ({wanted.label})" if wanted.label else "")


def _words(wanted: ExpectedClasses) -> str:
    verb = "are" if wanted.classes else "is"
    found = f"{_classes(wanted)} {verb} within the best {wanted.best}"
    if wanted.min_score is None:
        return found
    return f"{found}, with a score of {wanted.min_score:g} or more"
