"""The decorator of every Lambda handler: typed input and output, logs and traces."""

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


def step(input_type: type[In]) -> Callable[[Callable[[In], Contract]], Handler]:
    """Turn a function from one contract to another into a Lambda handler.

    The handler raises what the function raises, but turns an AWS error into a StepError that the
    state machine knows (see workflow.aws.aws_errors). Log lines and the trace name the state, the
    model and the execution. The last log line has the result of the step.
    """

    def frame(work: Callable[[In], Contract]) -> Handler:
        state = _state(work.__module__)

        @logger.inject_lambda_context(clear_state=True)
        @tracer.capture_lambda_handler(capture_response=False)
        @wraps(work)
        def handler(event: Event, context: LambdaContext) -> Event:  # noqa: ARG001
            step_input, started = input_type.model_validate(event), time.monotonic()
            note(state=state, **identity(step_input))
            try:
                output = _output(work, step_input)
            except Exception as error:
                details = {"error": type(error).__name__, "cause": str(error)}
                logger.warning(f"{state} failed", extra=details | {"seconds": _since(started)})
                raise
            logger.info(f"{state} done", extra={"seconds": _since(started)})
            return output

        return cast("Handler", handler)

    return frame


def note(**fields: str) -> None:
    """Add the fields to every later log line, and to the trace as searchable X-Ray annotations."""
    logger.append_keys(**fields)
    for name, value in fields.items():
        tracer.put_annotation(name, value)


def _output(work: Callable[[In], Contract], step_input: In) -> Event:
    try:
        return work(step_input).model_dump(mode="json")
    except ClientError as error:
        raise step_error(error) from error
    except UNREACHABLE as error:
        raise unreachable(error) from error


def _state(module: str) -> str:
    """Turn `create_model.handler` into `Create Model`."""
    return module.partition(".")[0].replace("_", " ").title()


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)
