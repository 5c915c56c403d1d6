"""The frame of every Lambda handler: typed input, typed output, logs and traces."""

from __future__ import annotations

import time
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from aws_lambda_powertools import Logger, Tracer
from botocore.exceptions import ClientError

from workflow.aws.aws_errors import UNREACHABLE, step_error, unreachable
from workflow.contracts.base import Contract
from workflow.log_identity import identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    Event = dict[str, Any]
    Handler = Callable[[Event, LambdaContext], Event]

In = TypeVar("In", bound=Contract)

logger = Logger()
tracer = Tracer()


def step(takes: type[In]) -> Callable[[Callable[[In], Contract]], Handler]:
    """Make a Lambda handler of a function from one contract to another.

    The handler raises what the function raises, except that an AWS error becomes the StepError
    that the state machine knows (see workflow.aws_errors). Its log lines and its trace say which
    state it is, and whom it works for; the last line says how it ended.
    """

    def frame(work: Callable[[In], Contract]) -> Handler:
        state = _state(work.__module__)

        @logger.inject_lambda_context(clear_state=True)
        @tracer.capture_lambda_handler(capture_response=False)
        @wraps(work)
        def handler(event: Event, context: LambdaContext) -> Event:  # noqa: ARG001
            given, began = takes.model_validate(event), time.monotonic()
            note(state=state, **identity(given))
            try:
                answer = _answer(work, given)
            except Exception as error:
                about = {"error": type(error).__name__, "cause": str(error)}
                logger.warning(f"{state} failed", extra=about | {"seconds": _since(began)})
                raise
            logger.info(f"{state} done", extra={"seconds": _since(began)})
            return answer

        return cast("Handler", handler)

    return frame


def note(**known: str) -> None:
    """Say it on every log line from here on, and in the trace, where X-Ray can search for it."""
    logger.append_keys(**known)
    for name, value in known.items():
        tracer.put_annotation(name, value)


def _answer(work: Callable[[In], Contract], given: In) -> Event:
    try:
        return work(given).model_dump(mode="json")
    except ClientError as error:
        raise step_error(error) from error
    except UNREACHABLE as error:
        raise unreachable(error) from error


def _state(module: str) -> str:
    """`create_model.handler` to `Create Model`."""
    return module.partition(".")[0].replace("_", " ").title()


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
