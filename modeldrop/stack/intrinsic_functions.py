"""Resolves the intrinsic functions of CloudFormation that the policies use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Known = Mapping[str, str | list[str]]
"""Values by reference. A parameter of type CommaDelimitedList has a list."""


def resolve(value: Any, known: Known) -> str | list[str]:
    """Return the value of a string, a list, or of Ref, GetAtt, Sub, Join or Split.

    Args:
        value: a value from `read_template`.
        known: the values by reference, such as "AWS::Region", "EndpointPrefix" or "DropBucket.Arn".

    Raises:
        KeyError: the value refers to an unknown name, or uses another function.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return [text(each, known) for each in value]
    ((function, argument),) = value.items()
    match function:
        case "Ref":
            return known[argument]
        case "Fn::GetAtt":
            return known[argument if isinstance(argument, str) else ".".join(argument)]
        case "Fn::Sub":
            return _substituted(argument, known)
        case "Fn::Join":
            separator, parts = argument
            return str(separator).join(listed(parts, known))
        case "Fn::Split":
            separator, whole = argument
            return text(whole, known).split(separator)
    raise KeyError(function)


def text(value: Any, known: Known) -> str:
    """Return a value that is a string; see `resolve`."""
    found = resolve(value, known)
    if isinstance(found, list):
        raise KeyError(str(value))
    return found


def listed(value: Any, known: Known) -> list[str]:
    """Return a value as a list; a string becomes its only item. See `resolve`."""
    found = resolve(value, known)
    return found if isinstance(found, list) else [found]


def _substituted(argument: Any, known: Known) -> str:
    pattern, own = (argument, {}) if isinstance(argument, str) else argument
    names = {**known, **{name: text(each, known) for name, each in own.items()}}
    return re.sub(r"\$\{([^}]+)\}", lambda found: _single_value(found[1], names), pattern)


def _single_value(name: str, known: Known) -> str:
    found = known[name]
    if isinstance(found, list):
        raise KeyError(name)
    return found
