"""Request signatures: AWS Signature Version 4, in headers and in presigned URLs.

Source: IAM user guide, "Create a signed AWS API request". Both servers of the embedded cloud check
each request with this module, so MiniStack's Python imports it too.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from modeldrop.local.access.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
_ANY_KEY = re.compile(r"Credential=([^/,\s]+)/")
_TIME = "%Y%m%dT%H%M%SZ"
# "A request must reach AWS within five minutes of the time stamp"; S3 allows 15 (S3 user guide).
_SKEW = timedelta(minutes=15)
_LONGEST = 604_800  # X-Amz-Expires in seconds (S3 API reference, query parameters)
_UNSIGNED = "UNSIGNED-PAYLOAD"
_CONTENT_HASH = "x-amz-content-sha256"
_KEY = r"(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/aws4_request"
_SCOPE = re.compile(_KEY)
_HEADER = re.compile(
    rf"{ALGORITHM} +Credential={_KEY}, *SignedHeaders=(?P<headers>[^,\s]+), *"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)


class NotAuthenticated(Exception):
    """The request has no valid signature. `code` is AWS's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Request:
    """A request as it was sent.

    Attributes:
        method: the HTTP method, such as GET.
        path: the path of the URL, percent-encoded.
        query: the query string of the URL, percent-encoded.
        headers: the values by name in lower case; commas join repeated headers.
        body: the content; None if it was not read because `needs_body` is false.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes | None = None

    def parameter(self, name: str) -> str:
        """Return a decoded query parameter; empty if it is missing."""
        found = (value for key, value in _pairs(self.query) if unquote(key) == name)
        return unquote(next(found, ""))


@dataclass(frozen=True)
class Signature:
    """The signature of a request, with the parameters that it was computed from."""

    access_key: str
    token: str
    date: str
    region: str
    service: str
    time: str
    headers: Sequence[str]
    signature: str
    expires: int | None
    """Seconds for which a presigned URL is valid; None for a signature in the header."""


def read(request: Request) -> Signature:
    """Read the signature, without checking it.

    Raises:
        NotAuthenticated: the signature is missing or malformed.
    """
    if "authorization" in request.headers:
        match = _HEADER.fullmatch(request.headers["authorization"].strip())
        expires, token = None, request.headers.get("x-amz-security-token", "")
        time = request.headers.get("x-amz-date", "")
    elif request.parameter("X-Amz-Algorithm") == ALGORITHM:
        match, expires, token = _presigned(request)
        time = request.parameter("X-Amz-Date")
    else:
        raise NotAuthenticated("MissingAuthenticationToken", "Missing Authentication Token")
    if match is None:
        raise NotAuthenticated(
            "IncompleteSignature", "The request signature does not conform to AWS standards."
        )
    named = match.groupdict()
    return Signature(
        access_key=named["key"],
        token=token,
        date=named["date"],
        region=named["region"],
        service=named["service"],
        time=time,
        headers=tuple(
            (named.get("headers") or request.parameter("X-Amz-SignedHeaders")).split(";")
        ),
        signature=named.get("signature") or request.parameter("X-Amz-Signature"),
        expires=expires,
    )


def needs_body(request: Request, signature: Signature) -> bool:
    """Return whether the check needs the body; S3's requests have its hash in a header instead."""
    return _CONTENT_HASH not in request.headers and not (
        signature.expires is not None and signature.service == "s3"
    )


def check(
    request: Request, signature: Signature, credentials: Credentials, now: datetime | None = None
) -> None:
    """Check the time, the session token and the signature.

    Raises:
        NotAuthenticated: one of them is wrong.
    """
    _check_time(signature, now or datetime.now(UTC))
    if not secrets_match(signature.token, credentials.session_token):
        raise NotAuthenticated(
            "InvalidToken", "The provided token is malformed or otherwise invalid."
        )
    if any(name.startswith("x-amz-") and name not in signature.headers for name in request.headers):
        # X-Amz headers decide what a request does, so the holder of a presigned URL must not add
        # one.
        raise NotAuthenticated(
            "AccessDenied", "There were headers present in the request which were not signed"
        )
    if signature.service == "s3" and signature.expires is None and needs_body(request, signature):
        # S3 API reference, "Authenticating Requests: Using the Authorization Header".
        raise NotAuthenticated(
            "InvalidRequest", f"Missing required header for this request: {_CONTENT_HASH}"
        )
    expected = compute(request, signature, credentials.secret_key)
    if "host" not in signature.headers or not secrets_match(expected, signature.signature):
        raise NotAuthenticated(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method.",
        )


def compute(request: Request, signature: Signature, secret_key: str) -> str:
    """Return the signature of a request, in hexadecimal digits."""
    canonical = _canonical_request(request, signature)
    scope = f"{signature.date}/{signature.region}/{signature.service}/aws4_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{ALGORITHM}\n{signature.time}\n{scope}\n{hashed}"
    key = f"AWS4{secret_key}".encode()
    for part in (signature.date, signature.region, signature.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def check_expiry(expires: str, now: datetime | None = None) -> None:
    """Check that a URL has not expired. `expires` is in seconds since 1970.

    Raises:
        NotAuthenticated: the URL has expired, or `expires` is not a number.
    """
    at = (now or datetime.now(UTC)).timestamp()
    if not re.fullmatch(r"\d{1,12}", expires) or int(expires) < at:
        raise NotAuthenticated("AccessDenied", "Request has expired")


def secrets_match(one: str, other: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def authorization(
    request: Request, credentials: Credentials, now: datetime | None = None
) -> dict[str, str]:
    """Return the headers that sign a request to the embedded cloud's own routes."""
    time = f"{now or datetime.now(UTC):{_TIME}}"
    signed = {**request.headers, "x-amz-date": time}
    headers = tuple(sorted(signed))
    signature = Signature(
        credentials.access_key, "", time[:8], "us-east-1", "modeldrop", time, headers, "", None
    )
    request = Request(request.method, request.path, request.query, signed, request.body)
    value = compute(request, signature, credentials.secret_key)
    scope = f"{credentials.access_key}/{time[:8]}/us-east-1/modeldrop/aws4_request"
    names = ";".join(headers)
    return {
        "x-amz-date": time,
        "authorization": f"{ALGORITHM} Credential={scope}, SignedHeaders={names}, "
        f"Signature={value}",
    }


def _presigned(request: Request) -> tuple[re.Match[str] | None, int, str]:
    """Return the scope, the seconds of validity and the session token of a presigned URL."""
    expires = request.parameter("X-Amz-Expires")
    if not re.fullmatch(r"\d{1,6}", expires) or int(expires) > _LONGEST:
        raise NotAuthenticated(
            "AuthorizationQueryParametersError", "X-Amz-Expires must be a number of seconds"
        )
    scope = _SCOPE.fullmatch(request.parameter("X-Amz-Credential"))
    return scope, int(expires), request.parameter("X-Amz-Security-Token")


def _check_time(signature: Signature, now: datetime) -> None:
    try:
        signed = datetime.strptime(signature.time, _TIME).replace(tzinfo=UTC)
    except ValueError:
        signed = None
    if signed is None or not signature.time.startswith(signature.date):
        raise NotAuthenticated(
            "IncompleteSignature", "The request signature does not conform to AWS standards."
        )
    longest = _SKEW if signature.expires is None else timedelta(seconds=signature.expires)
    if not -_SKEW <= now - signed <= longest:
        raise NotAuthenticated("RequestExpired", "Request has expired")


def _canonical_request(request: Request, signature: Signature) -> str:
    # The path is sent encoded once; all services but S3 sign it encoded twice.
    path = request.path or "/"
    if signature.service != "s3":
        path = quote(_without_dots(path), safe="/~")
    query = "&".join(
        f"{key}={value}"
        for key, value in sorted(
            (_encoded(key), _encoded(value))
            for key, value in _pairs(request.query)
            if not (signature.expires is not None and key == "X-Amz-Signature")
        )
    )
    headers = "".join(
        f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signature.headers
    )
    names = ";".join(signature.headers)
    payload = request.headers.get(_CONTENT_HASH)
    if payload is None:
        body_counts = needs_body(request, signature)
        payload = hashlib.sha256(request.body or b"").hexdigest() if body_counts else _UNSIGNED
    return f"{request.method}\n{path}\n{query}\n{headers}\n{names}\n{payload}"


def _without_dots(path: str) -> str:
    """Remove dot segments (RFC 3986, 5.2.4) and empty segments, as clients do before they sign."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part not in {"", "."}:
            kept.append(part)
    return f"/{'/'.join(kept)}{'/' if path.endswith('/') and kept else ''}"


def _pairs(query: str) -> list[tuple[str, str]]:
    pairs = (each.partition("=") for each in query.split("&") if each)
    return [(key, value) for key, _, value in pairs]


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")


def access_key(headers: Mapping[str, str]) -> str:
    """Return the access key that signed a request; empty if it is not signed.

    Args:
        headers: the request's headers, with names in lower case.
    """
    match = _ANY_KEY.search(headers.get("authorization", ""))
    return match[1] if match else ""
