"""The List operations' filters, order and pages, which are the same for every kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from botocore.utils import parse_to_aware_datetime

from modeldrop.local.sagemaker.errors import invalid

_DEFAULT_PAGE = 10  # "The default is 10" (ListEndpoints, MaxResults)

T = TypeVar("T")


def page(
    items: Sequence[T],
    request: dict[str, Any],
    *,
    summary: Callable[[T], dict[str, Any]],
    member: str,
    name: str,
) -> dict[str, Any]:
    """Build a List operation's response.

    Args:
        items: all there are, in order of creation.
        request: the operation's request.
        summary: builds one entry of the response.
        member: the response's list, such as "Endpoints".
        name: the entries' name member, such as "EndpointName".
    """
    entries = [entry for entry in map(summary, items) if _wanted(entry, request, name)]
    sort_member = {"Name": name, "Status": "EndpointStatus"}.get(
        request.get("SortBy", "CreationTime"), "CreationTime"
    )
    entries.sort(
        key=lambda entry: entry[sort_member],
        reverse=request.get("SortOrder", "Descending") == "Descending",
    )
    return cut(entries, request, member, _DEFAULT_PAGE)


def cut(
    entries: Sequence[dict[str, Any]], request: dict[str, Any], member: str, default_size: int
) -> dict[str, Any]:
    """Cut one page out of a list's entries; the token is the number of those before it.

    Raises:
        ApiError: the token is none of ours.
    """
    token = request.get("NextToken", "0")
    if not token.isdecimal():
        raise invalid(f"Invalid pagination token {token!r}.")
    start = int(token)
    end = start + request.get("MaxResults", default_size)
    response: dict[str, Any] = {member: list(entries[start:end])}
    if end < len(entries):
        response["NextToken"] = str(end)
    return response


def _wanted(entry: dict[str, Any], request: dict[str, Any], name: str) -> bool:
    return (
        request.get("NameContains", "").lower() in entry[name].lower()
        and request.get("StatusEquals") in {None, entry.get("EndpointStatus")}
        and _between(entry, request, "CreationTime")
        and _between(entry, request, "LastModifiedTime")
    )


def _between(entry: dict[str, Any], request: dict[str, Any], member: str) -> bool:
    before, after = request.get(f"{member}Before"), request.get(f"{member}After")
    moment: datetime | None = entry.get(member)
    if moment is None:
        return True
    if before is not None and moment >= parse_to_aware_datetime(before):
        return False
    return after is None or moment > parse_to_aware_datetime(after)
