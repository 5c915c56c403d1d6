"""Signs requests to the embedded cloud's own routes, as its owner."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from modeldrop.local.access.credentials import Credentials
from modeldrop.local.access.signature import Request, authorization


class OwnerAuth(httpx.Auth):
    """Signs each request with the owner's credentials."""

    requires_request_body = True

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        """Add the headers of the signature (httpx's interface)."""
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        # The signature must cover the host and each X-Amz header ("Create a signed AWS API
        # request", IAM user guide).
        headers = {
            name: value
            for name, value in request.headers.items()
            if name == "host" or name.startswith("x-amz-")
        }
        signed = Request(request.method, path, query, headers, request.content)
        request.headers.update(authorization(signed, self._credentials))
        yield request
