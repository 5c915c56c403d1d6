"""Repeats a request, and checks that the responses agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_client.checks.closeness import REPEATED, difference_text
from model_packager.error_message import Remedy
from model_packager.spec.smoke_test_spec import MEASURING_SECONDS
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from model_client.response import Response
    from model_packager.signature import Signature
    from smoke_test.time_budget import TimeBudget


def repeated(
    send: Callable[[], Response], fewest: int, most: int, budget: TimeBudget
) -> Iterator[Response]:
    """Send the request several times, sequentially.

    Args:
        send: sends the request.
        fewest: the minimum number of requests, however long they take.
        most: the maximum number of requests, within `MEASURING_SECONDS` after the first.
        budget: the time left for the smoke test.

    Raises:
        SmokeTestFailed: the time is used up. The error has the number of responses.
    """
    yield send()
    started = budget.spent()
    for answered in range(1, most):
        if answered >= fewest and budget.spent() - started >= MEASURING_SECONDS:
            return
        budget.require_time_left(f"{answered:,} of {fewest:,} requests were answered")
        yield send()


def check_repeated(answer: Response, first: Response, signature: Signature, number: int) -> None:
    """Compare a response with the first one to the same request.

    Args:
        answer: a response with the declared outputs.
        first: the first response.
        signature: the model's declared inputs and outputs.
        number: the number of the response, counted from 1.

    Raises:
        SmokeTestFailed: they differ by more than rounding errors.
    """
    for tensor in signature.outputs:
        differs = difference_text(answer.output(tensor.name), first.output(tensor.name), REPEATED)
        if differs:
            raise SmokeTestFailed(
                f"Repeated requests get different outputs: in the output {tensor.name}, request "
                f"{number} differs from request 1: {differs}.",
                "Call model.eval() before the export: active dropout is the usual cause. If the "
                "model samples or keeps state on purpose, set smoke_test.deterministic: false in "
                "deploy.yaml. Then upload the model again.",
                remedy=Remedy.RUN_MODEL,
            )
