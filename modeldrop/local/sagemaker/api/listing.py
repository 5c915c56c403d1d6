"""Filters, sort order and pagination of the List operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from botocore.utils import parse_to_aware_datetime

from modeldrop.local.sagemaker.errors import invalid

_TOKEN = re.compile("[0-9]{1,9}")
_DEFAULT_PAGE = 10  # "The default is 10" (ListEndpoints, MaxResults)

T = TypeVar("T")


def list_response(
    items: Sequence[T],
    request: dict[str, Any],
    *,
    summary: Callable[[T], dict[str, Any]],
    member: str,
    name: str,
    status: str = "EndpointStatus",
) -> dict[str, Any]:
    """Build a List operation's response.

    Args:
        items: all resources, in order of creation.
        request: the request of the operation.
        summary: builds the entry for an item.
        member: the list member of the response, such as "Endpoints".
        name: the name member of the entries, such as "EndpointName".
        status: the status member of the entries, if they have one.
    """
    entries = [entry for entry in map(summary, items) if _matches(entry, request, name, status)]
    sort_member = {"Name": name, "Status": status}.get(
        request.get("SortBy", "CreationTime"), "CreationTime"
    )
    entries.sort(
        key=lambda entry: entry[sort_member],
        reverse=request.get("SortOrder", "Descending") == "Descending",
    )
    return paginate(entries, request, member, _DEFAULT_PAGE)


def paginate(
    entries: Sequence[dict[str, Any]], request: dict[str, Any], member: str, default_size: int
) -> dict[str, Any]:
    """Return one page of entries. The token is the number of entries before the next page.

    Raises:
        ApiError: the token is invalid.
    """
    token = request.get("NextToken", "0")
    if not _TOKEN.fullmatch(token):
        raise invalid(f"Invalid pagination token {token!r}.")
    start = int(token)
    end = start + request.get("MaxResults", default_size)
    response: dict[str, Any] = {member: list(entries[start:end])}
    if end < len(entries):
        response["NextToken"] = str(end)
    return response


def _matches(entry: dict[str, Any], request: dict[str, Any], name: str, status: str) -> bool:
    return (
        request.get("NameContains", "").lower() in entry[name].lower()
        and request.get("StatusEquals") in {None, entry.get(status)}
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
