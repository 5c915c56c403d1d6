"""Runs the smoke test's load profile against a deployed endpoint from this computer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_client.load import Exchange, LevelFailed, levels, run_level
from model_client.request import request
from modeldrop.errors import CommandError
from modeldrop.live.invocation import InvocationFailed, endpoint_client
from modeldrop.live.request_input import request_input

if TYPE_CHECKING:
    from collections.abc import Callable

    from boto3 import Session

    from model_client.arrays import Tensors
    from model_client.load import Level
    from model_packager.signature import Signature
    from model_packager.spec.load_profile import LoadPoint, LoadProfile
    from model_packager.spec.smoke_test_spec import RequestFormat
    from modeldrop.live.live_model import LiveModel

    Watch = Callable[[Level], None]


class BenchFailed(CommandError):
    """A request failed. The message has the request and the reason."""


@dataclass(frozen=True)
class Measured:
    """The result. `input` describes the input, and `first_ms` is the first request's latency."""

    input: str
    first_ms: float
    points: tuple[LoadPoint, ...]


def bench(
    session: Session,
    live_model: LiveModel,
    load: LoadProfile,
    watch: Watch = lambda _level: None,
) -> Measured:
    """Send one request, then run the levels.

    Args:
        session: a session for the endpoint's account.
        live_model: the model and its input.
        load: the levels.
        watch: called with each level before it starts.

    Raises:
        BenchFailed: a request failed.
        UsageError: the input does not fit the model, or exceeds SageMaker's limit.
    """
    test_input, invoke = request_input(live_model), endpoint_client(session, live_model)

    def send(body: bytes, content_type: str) -> Exchange:
        response = invoke(body, content_type)
        return Exchange(response.milliseconds, response.request_bytes, response.response_bytes)

    request_format = live_model.smoke_test.request_format
    first = _first(send, test_input.tensors, live_model.signature, request_format)
    planned = levels(
        test_input.tensors,
        live_model.signature,
        send,
        concurrency=load.concurrency,
        request_format=request_format,
        response_bytes=first.response_bytes,
    )
    points = tuple(_measured(level, load.seconds, watch) for level in planned)
    return Measured(test_input.description, round(first.milliseconds, 2), points)


def _first(
    send: Callable[[bytes, str], Exchange],
    tensors: Tensors,
    signature: Signature,
    request_format: RequestFormat,
) -> Exchange:
    body, content_type = request(tensors, signature, binary=request_format == "binary")
    try:
        return send(body, content_type)
    except InvocationFailed as error:
        raise BenchFailed(f"The first request failed: {error}") from error


def _measured(level: Level, seconds: float, watch: Watch) -> LoadPoint:
    watch(level)
    try:
        return run_level(level, seconds)
    except LevelFailed as error:
        raise BenchFailed(f"{error}: {error.__cause__}") from error
