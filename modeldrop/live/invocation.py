"""Asking the endpoint of a model from here: once, or again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from model_client.endpoint import RESPONSE_TIMEOUT_SECONDS, invoke_endpoint
from model_client.errors import InvalidResponse
from model_client.ranking import ranked_items
from model_client.request import request
from model_client.response import error_message
from model_packager.spec.load_profile import MAX_CLIENTS
from modeldrop.aws_errors import translate
from modeldrop.errors import CommandError
from modeldrop.live.live_model import question

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from boto3 import Session
    from numpy.typing import NDArray

    from model_client.ranking import RankedClass
    from model_client.response import Response
    from modeldrop.live.live_model import Target

    Ask = Callable[[bytes, str], Response]

LABELLED_TOP = 5
"""How many classes are shown of a model that brings labels, where nobody says."""


class InvocationFailed(CommandError):
    """The endpoint did not answer, or refused; the message says why."""


@dataclass(frozen=True)
class Invocation:
    """What was asked, and what came back.

    Attributes:
        asked: the input, in words.
        answer: the first one.
        outputs: its arrays, by name.
        milliseconds: of every request, in order.
        top: the best classes of each item; empty where nobody asked for them.
    """

    asked: str
    answer: Response
    outputs: dict[str, NDArray[np.generic]]
    milliseconds: tuple[float, ...]
    top: list[list[RankedClass]]


def invoke(
    session: Session, target: Target, *, repeat: int = 1, top: int | None = None
) -> Invocation:
    """Ask as the smoke test does, one request after the other.

    Args:
        session: reaches the endpoint.
        target: what is asked, and with what.
        repeat: how often.
        top: how many of the best classes are wanted; None leaves it to the model's labels.

    Raises:
        InvocationFailed: a request went wrong.
        UsageError: the input does not fit the model.
    """
    asked, ask = question(target), way_to(session, target)
    binary = target.smoke_test.request_format == "binary"
    body, content_type = request(asked.tensors, target.signature, binary=binary)
    first = ask(body, content_type)
    others = [ask(body, content_type).milliseconds for _ in range(repeat - 1)]
    classes = top if top is not None else LABELLED_TOP if target.has_labels else 0
    ranked: list[list[RankedClass]] = []
    if classes:
        wanted = request(asked.tensors, target.signature, binary=True, classes=classes)
        ranked = ranked_items(ask(*wanted), target.signature)
    return Invocation(
        asked.description, first, _outputs(first), (first.milliseconds, *others), ranked
    )


def _outputs(answer: Response) -> dict[str, NDArray[np.generic]]:
    try:
        return {each["name"]: answer.output(each["name"]) for each in answer.outputs()}
    except InvalidResponse as error:
        raise InvocationFailed(f"{error.cause} {error.fix}") from error


def way_to(session: Session, target: Target) -> Ask:
    """A connection for each client, and no second try, which would pass for a slow answer.

    It raises InvocationFailed.
    """
    config = Config(
        read_timeout=RESPONSE_TIMEOUT_SECONDS,
        max_pool_connections=MAX_CLIENTS,
        retries={"total_max_attempts": 1},
    )
    runtime = session.client("sagemaker-runtime", config=config)

    def ask(body: bytes, content_type: str) -> Response:
        try:
            return invoke_endpoint(runtime.invoke_endpoint, target.endpoint, body, content_type)
        except ClientError as error:
            raise InvocationFailed(_refused(error, target)) from error
        except ReadTimeoutError as error:
            raise InvocationFailed(
                f"{target.endpoint} did not answer within the 60 s that SageMaker allows. Its log: "
                f"modeldrop logs {target.model}"
            ) from error
        except BotoCoreError as error:
            raise InvocationFailed(str(translate(error))) from error
        except InvalidResponse as error:  # no Triton response
            raise InvocationFailed(f"{error.cause} {error.fix}") from error

    return ask


def _refused(error: ClientError, target: Target) -> str:
    response = cast("dict[str, Any]", error.response)
    code, said = response["Error"]["Code"], response["Error"].get("Message", "")
    if code == "ModelError":  # botocore keeps apart what the container answered
        answered = error_message(str(response.get("OriginalMessage") or said))
        return (
            f"The model refused the request: {answered}\nThe log of its container: "
            f"modeldrop logs {target.model}"
        )
    if code == "ValidationError" and "not found" in said:  # the runtime has no code of its own
        return (
            f"There is no endpoint {target.endpoint} in service. See: "
            f"modeldrop status {target.model}"
        )
    return str(translate(error))
