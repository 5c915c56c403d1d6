"""Which requests a web page could have sent, and are refused.

The embedded cloud asks for no credentials and runs code. It listens on the loopback address alone,
and that keeps other computers out, but not the pages that a browser on this one shows: they could
send requests here, or have a name of their own resolve to 127.0.0.1 (DNS rebinding). So the Host
has to be this computer's, and a browser may look and change nothing. Programs send none of the
headers by which a browser is known: Fetch Metadata (w3.org/TR/fetch-metadata), and Origin.

MiniStack's Python reads this file as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def refusal(method: str, path: str, query: str, headers: Mapping[str, str]) -> str | None:
    """Why a request is refused; None where it is not.

    Args:
        method: such as GET.
        path: the URL's.
        query: the URL's, as sent.
        headers: with names in lower case.
    """
    if not _is_this_computer(headers.get("host", "")):
        return f"The Host {headers.get('host', '')!r} is none of this computer's names."
    site = headers.get("sec-fetch-site")
    if site is None and "origin" not in headers:
        return None
    # AWS's query protocol takes actions by GET as well.
    looks = method in {"GET", "HEAD"} and "Action" not in parse_qs(query)
    by_hand = site in {"none", "same-origin"}
    link_to_first_page = path == "/" and not query and headers.get("sec-fetch-mode") == "navigate"
    if looks and (by_hand or link_to_first_page):
        return None
    return "A web page sent this request. The embedded cloud takes requests of programs."


async def refuse(scope: Mapping[str, Any], send: Any) -> bool:
    """Answer an ASGI request that is to be refused; False where it is not."""
    headers = {name.decode("latin-1").lower(): v.decode("latin-1") for name, v in scope["headers"]}
    query = scope.get("query_string", b"").decode("latin-1")
    why = refusal(scope.get("method", "CONNECT"), scope["path"], query, headers)
    if why is None:
        return False
    if scope["type"] == "websocket":  # closed before it is accepted: the client gets 403
        await send({"type": "websocket.close", "code": 1008})
        return True
    form = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 403, "headers": form})
    await send({"type": "http.response.body", "body": f"{why}\n".encode()})
    return True


def _is_this_computer(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    # "localhost" and what ends with it never leave the computer (RFC 6761, 6.3); S3 clients put
    # the bucket's name before it.
    return name in _LOOPBACK or name.endswith(".localhost")
