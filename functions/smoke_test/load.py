"""Measures the load profile: throughput and latency with more and more concurrent clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_client.load import Exchange, LevelFailed, levels, run_level
from model_packager.error_message import Remedy
from model_packager.rejection import Rejection
from smoke_test.invocation import invoke
from workflow.aws.aws_errors import code, message
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from model_client.arrays import Tensors
    from model_client.load import Level
    from model_client.response import Response
    from model_packager.spec.load_profile import LoadPoint, LoadProfile
    from smoke_test.time_budget import TimeBudget
    from workflow.contracts.deploy_model import SmokeTestInput


ANSWERS_LIMIT_BYTES = 256 * 2**20
"""The maximum for all concurrent responses. Each is in memory twice, as bytes and as arrays, and
the function has 1,024 MB."""


def measure_load(
    event: SmokeTestInput,
    profile: LoadProfile,
    tensors: Tensors,
    first: Response,
    budget: TimeBudget,
) -> tuple[LoadPoint, ...]:
    """Measure all levels, then compare the request formats.

    Raises:
        SmokeTestFailed: the concurrent responses do not fit into memory, a request fails, or the
            time is used up.
    """
    check_memory(profile.concurrency[-1], first.response_bytes)

    def send(body: bytes, content_type: str) -> Exchange:
        answer = invoke(event, body, content_type)
        return Exchange(answer.milliseconds, answer.request_bytes, answer.response_bytes)

    planned = levels(
        tensors,
        event.signature,
        send,
        concurrency=profile.concurrency,
        request_format=event.smoke_test.request_format,
        response_bytes=first.response_bytes,
    )
    return tuple(_measure(level, profile.seconds, budget) for level in planned)


def check_memory(most: int, response_bytes: int) -> None:
    """Reject a level whose concurrent responses are too large.

    Raises:
        SmokeTestFailed: they do not fit. The fix has the largest number of clients that does.
    """
    fitting = ANSWERS_LIMIT_BYTES // response_bytes
    if most > fitting:
        raise SmokeTestFailed(
            f"A response has {response_bytes:,} bytes; the responses of {most} concurrent clients "
            "do not fit into the smoke test's memory.",
            f"Set smoke_test.load.concurrency to at most {fitting} clients in deploy.yaml.",
            remedy=Remedy.CORRECT_SPEC,
        )


def _measure(level: Level, seconds: float, budget: TimeBudget) -> LoadPoint:
    budget.require_time_left(f"the load level with {level.concurrency} clients was not measured")
    try:
        return run_level(level, seconds)
    except LevelFailed as error:
        raise load_failure(error) from error


def load_failure(error: LevelFailed) -> SmokeTestFailed:
    """Explain an error under load."""
    cause = error.__cause__
    if isinstance(cause, Rejection):
        return SmokeTestFailed(
            f"{error}: {cause.cause}",
            f"Reduce smoke_test.load.concurrency in deploy.yaml, or: {cause.fix}",
            remedy=Remedy.CORRECT_SPEC,
        )
    text = f"{code(cause)}: {message(cause)}" if isinstance(cause, ClientError) else f"{cause!r}"
    return SmokeTestFailed(
        f"{error}: {text}",
        "In deploy.yaml, reduce smoke_test.load.concurrency, raise endpoint.instance_count, or set "
        "a faster endpoint.instance_type.",
        remedy=Remedy.CORRECT_SPEC,
    )
