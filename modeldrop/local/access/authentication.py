"""Checks that a known caller signed a request, in both servers of the embedded cloud (ASGI)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from modeldrop.local.access.credentials import Known
from modeldrop.local.access.signature import NotAuthenticated, Request, check, needs_body, read

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Lookup = Callable[[str, str], Awaitable[Known]]
"""Finds credentials by access key and session token; raises NotAuthenticated."""

_HINT = "`modeldrop local env` prints the credentials of the local cloud."


def request_of(scope: Mapping[str, Any], body: bytes | None = None) -> Request:
    """Return the request of an ASGI scope."""
    headers: dict[str, str] = {}
    for raw_name, raw in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope.get("query_string", b"").decode("latin-1")
    return Request(scope.get("method", "GET"), path.partition("?")[0], query, headers, body)


async def authenticate(
    scope: Mapping[str, Any], receive: Receive, lookup: Lookup, *, owner_only: bool
) -> Receive:
    """Check the signature of a request.

    Args:
        scope: the request's scope (ASGI).
        receive: returns the request's body (ASGI).
        lookup: finds the credentials of an access key.
        owner_only: whether only the owner of the cloud may send it.

    Returns:
        A replacement for `receive`, because the check may have read the body.

    Raises:
        NotAuthenticated: the signature is missing or wrong, or the caller is not the owner.
    """
    request = request_of(scope)
    try:
        signature = read(request)
        known = await lookup(signature.access_key, signature.token)
        if needs_body(request, signature):
            body = await read_body(receive)
            request = request_of(scope, body)
            receive = _replaying(body, receive)
        check(request, signature, known.credentials)
    except NotAuthenticated as error:
        raise NotAuthenticated(error.code, f"{error} ({_HINT})") from error
    if owner_only and not known.is_owner:
        raise NotAuthenticated("AccessDenied", "Only the owner of the local cloud may do this.")
    return receive


async def read_body(receive: Receive) -> bytes:
    """Return the whole body of a request (ASGI)."""
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _replaying(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that returns the body once more."""
    waiting = [body]

    async def replay() -> MutableMapping[str, Any]:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replay
