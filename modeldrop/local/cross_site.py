"""Rejects requests that a web page could have sent.

The embedded cloud listens only on the loopback address, which keeps other computers out, but not
web pages in a browser on this computer: they could send requests here, or make their host name
resolve to 127.0.0.1 (DNS rebinding). So the Host header must name this computer, and a browser may
only read. Browsers are recognized by headers that programs do not send: Fetch Metadata
(w3.org/TR/fetch-metadata) and Origin.

MiniStack's Python also imports this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def rejection_reason(method: str, path: str, query: str, headers: Mapping[str, str]) -> str | None:
    """Return the reason to reject a request, or None to accept it.

    Args:
        method: the HTTP method, such as GET.
        path: the path of the URL.
        query: the raw query string of the URL.
        headers: the headers, with names in lower case.
    """
    if not _is_this_computer(headers.get("host", "")):
        return f"The Host {headers.get('host', '')!r} is not a name of this computer."
    site = headers.get("sec-fetch-site")
    if site is None and "origin" not in headers:
        return None
    # AWS's query protocol also accepts actions by GET.
    reads = method in {"GET", "HEAD"} and "Action" not in parse_qs(query)
    same_site = site in {"none", "same-origin"}
    link_to_first_page = path == "/" and not query and headers.get("sec-fetch-mode") == "navigate"
    if reads and (same_site or link_to_first_page):
        return None
    return "A web page sent this request. The embedded cloud accepts only requests from programs."


async def refuse(scope: Mapping[str, Any], send: Any) -> bool:
    """Reject an ASGI request if a web page could have sent it. Return whether it was rejected."""
    headers = {name.decode("latin-1").lower(): v.decode("latin-1") for name, v in scope["headers"]}
    query = scope.get("query_string", b"").decode("latin-1")
    reason = rejection_reason(scope.get("method", "CONNECT"), scope["path"], query, headers)
    if reason is None:
        return False
    if scope["type"] == "websocket":  # the client gets 403 if it is closed at once
        await send({"type": "websocket.close", "code": 1008})
        return True
    form = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 403, "headers": form})
    await send({"type": "http.response.body", "body": f"{reason}\n".encode()})
    return True


def _is_this_computer(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    # "localhost" and its subdomains always resolve to loopback (RFC 6761, 6.3). S3 clients put the
    # bucket's name in front.
    return name in _LOOPBACK or name.endswith(".localhost")
