"""Limits the size of a notification's JSON for SNS. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from model_packager.aws_limits import OBJECT_KEY_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow.contracts.base import Contract

CONTENT_LIMIT = 64 * 1024
"""Bytes of the JSON.

SNS accepts four times as much (`aws_limits.MESSAGE_BYTES`). The JSON is inside a JSON string, which
escapes each quote and line break, and again in the envelope that a queue receives. SNS bills each
64 KB as a request.
"""

_STRING_LIMITS = (8_000, OBJECT_KEY_BYTES.value + 76)
"""Maximum characters of a string. The second limit keeps S3 keys and URIs complete."""

SHORTENED = "shortened"
"""The key that lists the truncated or omitted keys; empty if the JSON is complete."""


def bounded_content(notification: Contract) -> dict[str, Any]:
    """Return the JSON for programs, within the limit."""
    return fit(notification.model_dump(mode="json"), json.dumps)


def fit(content: dict[str, Any], serialize: Callable[[dict[str, Any]], str]) -> dict[str, Any]:
    """Truncate long strings; if that is not enough, omit the largest lists and objects.

    Args:
        content: the JSON, with the key `shortened`.
        serialize: turns the content into text.
    """
    small = content
    for limit in _STRING_LIMITS:
        small = _with_shortened(
            content, {key: _truncate(value, limit) for key, value in content.items()}
        )
        if len(serialize(small)) <= CONTENT_LIMIT:
            return small
    large = [key for key in small if isinstance(small[key], list | dict) and key != SHORTENED]
    for key in sorted(large, key=lambda each: len(serialize({each: small[each]})), reverse=True):
        if len(serialize(small)) <= CONTENT_LIMIT:
            break
        small = _with_shortened(
            content, small | {key: [] if isinstance(small[key], list) else None}
        )
    return small


def _with_shortened(content: dict[str, Any], small: dict[str, Any]) -> dict[str, Any]:
    different = [key for key in content if key != SHORTENED and small[key] != content[key]]
    return small | {SHORTENED: different}


def _truncate(value: Any, limit: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= limit else f"{value[:limit]}..."
    if isinstance(value, list):
        return [_truncate(each, limit) for each in value]
    if isinstance(value, dict):
        return {key: _truncate(each, limit) for key, each in value.items()}
    return value
