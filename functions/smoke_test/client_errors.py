"""Translates errors of model_client into errors of the state machine."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from model_client.errors import InvalidExpectation, InvalidTensor, ModelClientError
from model_packager.error_message import Remedy
from workflow.errors import SmokeTestFailed

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def client_errors() -> Iterator[None]:
    """Raise SmokeTestFailed in place of an error of model_client."""
    try:
        yield
    except ModelClientError as error:
        is_sample = isinstance(error, InvalidTensor | InvalidExpectation)
        remedy = Remedy.CORRECT_SAMPLE if is_sample else error.remedy
        raise SmokeTestFailed(error.cause, error.fix, remedy=remedy) from error
