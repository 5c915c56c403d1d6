"""The languages of client code."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from model_packager.client_code.javascript import javascript_code
from model_packager.client_code.python import python_code
from model_packager.client_code.shell import aws_cli_code, curl_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_packager.client_code.call import Call


class Language(StrEnum):
    """A language that client code can be written in."""

    PYTHON = "python"
    AWS_CLI = "aws-cli"
    CURL = "curl"
    JAVASCRIPT = "javascript"


_WRITERS: dict[Language, Callable[[Call], str]] = {
    Language.PYTHON: python_code,
    Language.AWS_CLI: aws_cli_code,
    Language.CURL: curl_code,
    Language.JAVASCRIPT: javascript_code,
}


def languages(call: Call) -> tuple[Language, ...]:
    """Return the languages that can call a model. Languages that send JSON cannot send FP16."""
    return tuple(Language) if call.signature.supports_json else (Language.PYTHON,)


def client_code(call: Call, language: Language) -> str:
    """Return a program that calls the endpoint.

    Args:
        call: the endpoint and its model.
        language: one of `languages(call)`.
    """
    return _WRITERS[language](call)
