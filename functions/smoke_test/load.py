"""The load profile: how fast the endpoint answers more and more clients at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_client.load import Exchange, LevelFailed, levels, run_level
from smoke_test.invocation import invoke
from workflow.aws.aws_errors import code, message
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from model_client.answer import Answer
    from model_client.load import Level
    from model_client.tensors import Tensors
    from model_packager.spec.load_profile import LoadPoint, LoadProfile
    from smoke_test.time_budget import TimeBudget
    from workflow.contracts.deploy_model import SmokeTestInput


ANSWERS_LIMIT_BYTES = 256 * 2**20
"""All answers that are on their way at a time: each is held twice, as read and as arrays, and the
function has 1,024 MB."""


def measure_load(
    given: SmokeTestInput, profile: LoadProfile, tensors: Tensors, first: Answer, budget: TimeBudget
) -> tuple[LoadPoint, ...]:
    """Go through the levels, then compare the formats.

    Raises:
        SmokeTestFailed: the answers of so many clients do not fit into memory, a request of a
            level goes wrong, or the time is used up.
    """
    check_memory(profile.concurrency[-1], first.response_bytes)

    def ask(body: bytes, content_type: str) -> Exchange:
        answer = invoke(given.target, body, content_type)
        return Exchange(answer.milliseconds, answer.request_bytes, answer.response_bytes)

    planned = levels(
        tensors,
        given.signature,
        ask,
        concurrency=profile.concurrency,
        request_format=given.smoke_test.request_format,
        response_bytes=first.response_bytes,
    )
    return tuple(_measured(level, profile.seconds, budget) for level in planned)


def check_memory(most: int, response_bytes: int) -> None:
    """Refuse a level whose answers, all at a time, are too large.

    Raises:
        SmokeTestFailed: they are; it says how many clients fit.
    """
    fitting = ANSWERS_LIMIT_BYTES // response_bytes
    if most > fitting:
        raise SmokeTestFailed(
            f"An answer has {response_bytes:,} bytes; those of {most} clients at a time do not fit "
            "into the smoke test's memory",
            f"Write at most {fitting} clients as smoke_test.load.concurrency in deploy.yaml.",
        )


def _measured(level: Level, seconds: float, budget: TimeBudget) -> LoadPoint:
    budget.expect_left(f"the load of {level.concurrency} at a time is not measured yet")
    try:
        return run_level(level, seconds)
    except LevelFailed as error:
        raise failed(error) from error


def failed(error: LevelFailed) -> SmokeTestFailed:
    """Say what went wrong under load, and what to do."""
    fewer = "Take fewer clients (smoke_test.load.concurrency in deploy.yaml), more instances"
    why = error.__cause__
    if isinstance(why, SmokeTestFailed):
        return SmokeTestFailed(f"{error}: {why.cause}", f"{fewer}, or: {why.fix}")
    said = f"{code(why)}: {message(why)}" if isinstance(why, ClientError) else f"{why!r}"
    return SmokeTestFailed(
        f"{error}: {said}",
        f"{fewer} (endpoint.instance_count) or a faster type (endpoint.instance_type).",
    )
