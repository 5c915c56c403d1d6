"""The same request again and again, and whether its answers agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smoke_test.checks.closeness import REPEATED, unlike
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from model_client.answer import Answer
    from model_packager.signature import Signature
    from smoke_test.time_budget import TimeBudget


def repeated(ask: Callable[[], Answer], times: int, budget: TimeBudget) -> Iterator[Answer]:
    """Ask one time after the other.

    Raises:
        SmokeTestFailed: the time is used up; says how many were answered.
    """
    for answered in range(times):
        budget.expect_left(f"{answered:,} of {times:,} requests are answered")
        yield ask()


def check_repeated(answer: Answer, first: Answer, signature: Signature, number: int) -> None:
    """Compare an answer with the first one to the same request.

    Args:
        answer: whose outputs are as promised.
        first: the same.
        signature: what the model promises.
        number: of the answer, counted from 1.

    Raises:
        SmokeTestFailed: they differ by more than rounding explains.
    """
    for tensor in signature.outputs:
        differs = unlike(answer.output(tensor.name), first.output(tensor.name), REPEATED)
        if differs:
            raise SmokeTestFailed(
                f"The same request gets different answers: of the output {tensor.name}, request "
                f"{number} against request 1, {differs}.",
                "Call model.eval() before the export: dropout that is still active is the usual "
                "cause. If the model is meant to sample, or keeps a state, write "
                "smoke_test.deterministic: false in deploy.yaml. Then drop it again.",
            )
