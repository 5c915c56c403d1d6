"""Validates requests against botocore's service model, with AWS's error messages.

botocore's ParamValidator checks types, required and unknown members, and minima. boto3 makes the
same check before it sends a request, so only other clients see these errors. boto3 does not check
maxima, enums and patterns. The service does, and so does this module.

The messages are those of SageMaker's validation errors, for example in
aws/amazon-sagemaker-examples#2228, aws/amazon-sagemaker-feedback#85 and
aws-samples/sagemaker-ml-workflow-with-apache-airflow#3 (length before pattern, joined by "; ").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import botocore.session
from botocore.model import Shape
from botocore.validate import ParamValidator

from modeldrop.local.sagemaker.errors import ApiError, invalid

_JAVA_SYNTAX = {
    r"\p{L}\p{Z}\p{N}_": r"\w \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    r"[\p{Print}]": "[ -~]",
    r"\p{Print}": "[ -~]",
    r"\p{ASCII}": r"[\x00-\x7f]",
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010ffff",
    r"\z": r"\Z",
}
"""Java's syntax in the patterns of botocore's models, and Python's syntax for the same."""


@lru_cache
def _service_model(service_name: str) -> Any:
    return botocore.session.Session().get_service_model(service_name)


def checked_request(
    operation: str, payload: Any, service_name: str = "sagemaker"
) -> dict[str, Any]:
    """Return the request if it matches the operation's input shape.

    Args:
        operation: the name of the operation, such as "CreateModel".
        payload: the request body, parsed from JSON.
        service_name: botocore's name of the service.

    Raises:
        ApiError: a ValidationException that lists every failed constraint.
    """
    shape = _service_model(service_name).operation_model(operation).input_shape
    if not isinstance(payload, dict):
        raise ApiError("SerializationException", "The request body must be one JSON object.")
    if shape is None:
        return payload
    try:
        report = ParamValidator().validate(payload, shape)
    except RuntimeError as error:  # botocore cannot convert a time, for example of the year 10000
        raise invalid(str(error)) from error
    if report.has_errors():
        raise invalid(report.generate_report())
    failures = list(_failures(payload, shape, ""))
    if failures:
        noun = "validation error" if len(failures) == 1 else "validation errors"
        raise invalid(f"{len(failures)} {noun} detected: {'; '.join(failures)}")
    return payload


def _failures(value: Any, shape: Any, path: str) -> Iterator[str]:
    for sentence in _broken_constraints(value, shape):
        yield f"Value '{value}' at '{path}' failed to satisfy constraint: {sentence}"
    if shape.type_name == "structure":
        for name, member in value.items():
            yield from _failures(member, shape.members[name], _below(path, _lower_first(name)))
    elif shape.type_name == "list":
        for number, member in enumerate(value, start=1):
            yield from _failures(member, shape.member, _below(path, f"{number}.member"))
    elif shape.type_name == "map":
        for key, member in value.items():
            yield from _failures(key, shape.key, _below(path, "key"))
            yield from _failures(member, shape.value, _below(path, f"{key}.member"))


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def _broken_constraints(value: Any, shape: Shape) -> Iterator[str]:
    limits = shape.metadata
    if "max" in limits:
        sized = shape.type_name in {"string", "list", "map"}
        if (len(value) if sized else value) > limits["max"]:
            what = "length" if sized else "value"
            yield f"Member must have {what} less than or equal to {limits['max']}"
    if "enum" in limits and value not in limits["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"
    if "pattern" in limits and not compiled(limits["pattern"]).fullmatch(value):
        yield f"Member must satisfy regular expression pattern: {limits['pattern']}"


@lru_cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of a service model, which has Java's syntax."""
    for java, python in _JAVA_SYNTAX.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
