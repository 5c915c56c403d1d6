"""The frame of every Lambda handler: typed input, typed output, logs and traces."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from aws_lambda_powertools import Logger, Tracer
from botocore.exceptions import ClientError

from workflow.aws_errors import UNREACHABLE, step_error, unreachable
from workflow.contracts import Contract, Deployment

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
    that the state machine knows (see workflow.aws_errors).
    """

    def frame(work: Callable[[In], Contract]) -> Handler:
        @logger.inject_lambda_context(clear_state=True)
        @tracer.capture_lambda_handler(capture_response=False)
        @wraps(work)
        def handler(event: Event, context: LambdaContext) -> Event:  # noqa: ARG001
            given = takes.model_validate(event)
            logger.append_keys(**_who(given))
            try:
                return work(given).model_dump(mode="json")
            except ClientError as error:
                raise step_error(error) from error
            except UNREACHABLE as error:
                raise unreachable(error) from error

        return cast("Handler", handler)

    return frame


def _who(given: Contract) -> dict[str, str]:
    deployment = getattr(given, "deployment", None)
    return deployment.model_dump() if isinstance(deployment, Deployment) else {}
