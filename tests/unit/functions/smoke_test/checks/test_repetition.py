from __future__ import annotations

import numpy as np
import pytest

from smoke_test.checks.repetition import check_repeated
from tests.unit.functions.samples import signature, tensor
from tests.unit.functions.triton_responses import answer, floats
from workflow.errors import SmokeTestFailed

MODEL = signature(outputs=(tensor("scores", 4), tensor("boxes", 2)))
SCORES, BOXES = floats(1, 4), floats(1, 2)
FIRST = answer(scores=SCORES, boxes=BOXES)


def test_equal_responses_agree() -> None:
    check_repeated(answer(scores=SCORES, boxes=BOXES), FIRST, MODEL, 2)


def test_last_bits_may_differ() -> None:
    check_repeated(answer(scores=SCORES * np.float32(1.000001), boxes=BOXES), FIRST, MODEL, 2)


def test_different_output_is_located() -> None:
    dropped = SCORES * np.array([1, 0, 1, 0], np.float32)
    with pytest.raises(SmokeTestFailed) as caught:
        check_repeated(answer(scores=SCORES, boxes=BOXES * 0), FIRST, MODEL, 2)
    assert "output boxes" in caught.value.cause
    with pytest.raises(SmokeTestFailed) as caught:
        check_repeated(answer(scores=dropped, boxes=BOXES), FIRST, MODEL, 3)
    assert caught.value.cause == (
        "Repeated requests get different outputs: in the output scores, request 3 differs from "
        "request 1: 2 of 4 values differ, the most at [0, 3]: 0 instead of 3."
    )
    assert "model.eval()" in caught.value.fix
    assert "smoke_test.deterministic: false" in caught.value.fix
