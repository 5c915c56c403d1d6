"""The smoke test as a whole: what is asked, in which order, and what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from smoke_test.answer_check import check_answer
from smoke_test.golden import check_golden
from smoke_test.invocation import BODY_LIMIT_BYTES, invoke, percentile, request
from smoke_test.ranking import rank
from workflow.contracts import SmokeResult
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from smoke_test.sample import File
    from smoke_test.tensors import TestInput
    from workflow.contracts import SmokeTestInput


def run_gate(given: SmokeTestInput, asked: TestInput, expected: File | None) -> SmokeResult:
    """Send the requests one after the other, check each answer, and measure.

    Raises:
        SmokeTestFailed: an answer is wrong.
    """
    endpoint, signature, smoke_test = given.target, given.signature, given.smoke_test
    binary = smoke_test.request_format == "binary"
    body, content_type = request(asked.tensors, signature, binary=binary)
    items = next(iter(asked.tensors.values())).shape[0] if signature.max_batch_size else 1
    answers = [invoke(endpoint, body, content_type) for _ in range(smoke_test.requests)]
    shapes = [check_answer(answer, signature, items) for answer in answers]
    golden = check_golden(answers[0], expected, signature, smoke_test)
    if signature.max_batch_size >= 2 * items:
        _check_larger_batch(given, asked, 2 * items)
    milliseconds = [answer.milliseconds for answer in answers]
    return SmokeResult(
        passed=True,
        request_format=smoke_test.request_format,
        input=asked.description,
        requests=len(answers),
        first_ms=round(milliseconds[0], 2),
        p50_ms=round(percentile(milliseconds, 50), 2),
        p95_ms=round(percentile(milliseconds, 95), 2),
        request_bytes=answers[0].request_bytes,
        response_bytes=answers[0].response_bytes,
        output_shapes=shapes[0],
        golden=golden,
        top=rank(endpoint, asked.tensors, signature) if given.labelled else [],
    )


def _check_larger_batch(given: SmokeTestInput, asked: TestInput, items: int) -> None:
    """Ask for the same items twice in one request: a batch size may be baked into a traced model.

    A request that InvokeEndpoint would not take is not sent: no client could send it either.
    """
    doubled = {name: np.concatenate([tensor, tensor]) for name, tensor in asked.tensors.items()}
    body, content_type = request(doubled, given.signature, binary=True)
    if len(body) > BODY_LIMIT_BYTES:
        return
    try:
        check_answer(invoke(given.target, body, content_type), given.signature, items)
    except SmokeTestFailed as error:
        raise SmokeTestFailed(
            f"The model answers {items // 2} at a time and fails on a batch of {items}: "
            f"{error.cause}",
            f"Write max_batch_size: {items // 2} in deploy.yaml (the batch size is baked into the "
            "model), or export the model so that its batch size can vary; then drop it again.",
        ) from error
