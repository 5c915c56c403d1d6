"""What a deployed endpoint can do: the smoke test's load profile, from where this runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_client.load import Exchange, LevelFailed, levels, run_level
from model_client.request import request
from modeldrop.errors import CommandError
from modeldrop.live.invocation import InvocationFailed, way_to
from modeldrop.live.live_model import question

if TYPE_CHECKING:
    from collections.abc import Callable

    from boto3 import Session

    from model_client.load import Level
    from model_client.tensors import Tensors
    from model_packager.signature import Signature
    from model_packager.spec.load_profile import LoadPoint, LoadProfile
    from model_packager.spec.smoke_test_spec import RequestFormat
    from modeldrop.live.live_model import Target

    Watch = Callable[[Level], None]


class BenchFailed(CommandError):
    """A request went wrong; the message says which, and how."""


@dataclass(frozen=True)
class Measured:
    """What it showed. `first_ms` is the time to the first answer."""

    asked: str
    first_ms: float
    points: tuple[LoadPoint, ...]


def bench(
    session: Session,
    target: Target,
    load: LoadProfile,
    watch: Watch = lambda _level: None,
) -> Measured:
    """Ask once, then level by level.

    Args:
        session: reaches the endpoint.
        target: what is asked, and with what.
        load: the levels.
        watch: is given each level before it begins.

    Raises:
        BenchFailed: a request went wrong.
        UsageError: the input does not fit the model, or is more than SageMaker takes.
    """
    asked, invoke = question(target), way_to(session, target)

    def ask(body: bytes, content_type: str) -> Exchange:
        answer = invoke(body, content_type)
        return Exchange(answer.milliseconds, answer.request_bytes, answer.response_bytes)

    request_format = target.smoke_test.request_format
    first = _first(ask, asked.tensors, target.signature, request_format)
    planned = levels(
        asked.tensors,
        target.signature,
        ask,
        concurrency=load.concurrency,
        request_format=request_format,
        response_bytes=first.response_bytes,
    )
    points = tuple(_measured(level, load.seconds, watch) for level in planned)
    return Measured(asked.description, round(first.milliseconds, 2), points)


def _first(
    ask: Callable[[bytes, str], Exchange],
    tensors: Tensors,
    signature: Signature,
    request_format: RequestFormat,
) -> Exchange:
    body, content_type = request(tensors, signature, binary=request_format == "binary")
    try:
        return ask(body, content_type)
    except InvocationFailed as error:
        raise BenchFailed(f"The first request: {error}") from error


def _measured(level: Level, seconds: float, watch: Watch) -> LoadPoint:
    watch(level)
    try:
        return run_level(level, seconds)
    except LevelFailed as error:
        raise BenchFailed(f"{error}: {error.__cause__}") from error
