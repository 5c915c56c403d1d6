"""Making the JSON of a notification small enough for SNS, whatever is in it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

CONTENT_LIMIT = 64 * 1024
"""Bytes of the JSON.

SNS takes 256 KiB (Publish API reference). The JSON stands in a JSON string, which writes each quote
and line break with two characters, and again in the envelope that a queue gets. SNS bills each
64 KB as a request of its own.
"""

_STRING_LIMITS = (8_000, 1_100)
"""Characters; S3 takes keys of 1024 bytes, and what follows a name is cut before a name is."""

SHORTENED = "shortened"
"""The key that names what was cut or left out; empty where all is there."""


def fitted(content: dict[str, Any], written: Callable[[dict[str, Any]], str]) -> dict[str, Any]:
    """Cut long strings; where that is not enough, leave out the largest lists and objects.

    Args:
        content: the JSON, with the key `shortened`.
        written: how it will be written.
    """
    small = content
    for limit in _STRING_LIMITS:
        small = _named(content, {key: _cut(value, limit) for key, value in content.items()})
        if len(written(small)) <= CONTENT_LIMIT:
            return small
    bulk = [key for key in small if isinstance(small[key], list | dict) and key != SHORTENED]
    for key in sorted(bulk, key=lambda each: len(written({each: small[each]})), reverse=True):
        if len(written(small)) <= CONTENT_LIMIT:
            break
        small = _named(content, small | {key: [] if isinstance(small[key], list) else None})
    return small


def _named(content: dict[str, Any], small: dict[str, Any]) -> dict[str, Any]:
    different = [key for key in content if key != SHORTENED and small[key] != content[key]]
    return small | {SHORTENED: different}


def _cut(value: Any, limit: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= limit else f"{value[:limit]}..."
    if isinstance(value, list):
        return [_cut(each, limit) for each in value]
    if isinstance(value, dict):
        return {key: _cut(each, limit) for key, each in value.items()}
    return value
