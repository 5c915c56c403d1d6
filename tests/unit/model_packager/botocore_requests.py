"""Checks requests with botocore's service model, including maxima, which its validator ignores."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.validate import ParamValidator


@cache
def _input_shape(service: str, operation: str) -> Any:
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(operation).input_shape


def problems_of(service: str, operation: str, request: dict[str, Any]) -> list[str]:
    """Return the problems of an operation's parameters: names, types, limits, enums."""
    shape = _input_shape(service, operation)
    report = ParamValidator().validate(request, shape)
    found = [report.generate_report()] if report.has_errors() else []
    return found + _beyond(shape, request)


def _beyond(shape: Any, value: Any) -> list[str]:
    members: list[tuple[Any, Any]] = []
    if shape.type_name == "structure":
        members = [(shape.members[key], value[key]) for key in value if key in shape.members]
    elif shape.type_name == "list":
        members = [(shape.member, each) for each in value]
    found = [problem for each in members for problem in _beyond(*each)]
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        found.append(f"{shape.name}: {value} is none of {allowed}")
    most = shape.metadata.get("max")
    size = value if isinstance(value, int | float) else len(value)
    if most is not None and size > most:
        found.append(f"{shape.name}: {value} is above {most}")
    return found
