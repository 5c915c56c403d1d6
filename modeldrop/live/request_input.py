"""Builds the tensors of a request to a live model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_client.errors import InvalidTensor
from model_client.request import request
from model_client.tensors import input_of
from model_packager.aws_limits import ASYNC_PAYLOAD_BYTES, INVOCATION_BYTES
from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from model_client.tensors import TestInput
    from model_packager.signature import Signature
    from modeldrop.live.live_model import LiveModel


def request_input(live_model: LiveModel) -> TestInput:
    """Return the tensors of the request.

    Raises:
        UsageError: the file is unreadable, does not fit the model, or exceeds SageMaker's limit.
    """
    limit = (ASYNC_PAYLOAD_BYTES if live_model.hosting.is_async else INVOCATION_BYTES).value
    try:
        test_input = input_of(live_model.sample, live_model.signature, live_model.smoke_test, limit)
    except InvalidTensor as error:
        expected = f"{live_model.model} expects {_inputs(live_model.signature)}."
        hint = "" if live_model.sample else "\nPass a smaller input of your own."
        raise UsageError(f"{error.cause}\n{expected}{hint}") from error
    body, _ = request(test_input.tensors, live_model.signature, binary=_is_binary(live_model))
    if len(body) > limit:
        raise UsageError(
            f"The request has {len(body):,} bytes; the limit of SageMaker is {limit:,}.",
            "Use a smaller input.",
        )
    return test_input


def _is_binary(live_model: LiveModel) -> bool:
    return live_model.smoke_test.request_format == "binary"


def _inputs(signature: Signature) -> str:
    batch = ("N",) if signature.max_batch_size else ()
    return ", ".join(
        f"{each.name} {each.dtype} [{', '.join(map(str, (*batch, *each.dims)))}]"
        for each in signature.inputs
    )
