"""Checks that a known caller signed a request to MiniStack, before MiniStack handles it.

Known callers are the owner, whose credentials are in the environment, and those with credentials
that MiniStack's IAM and STS issued: users, and sessions of roles, such as the roles of Lambda
functions.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.auth import HmacV1Auth
from botocore.awsrequest import HTTPHeaders
from botocore.credentials import Credentials as BotocoreCredentials

from modeldrop.local.access.authentication import Receive, authenticate, request_of
from modeldrop.local.access.credentials import Credentials, Known
from modeldrop.local.access.signature import NotAuthenticated, Request, check_expiry, secrets_match
from modeldrop.local.ministack.in_process.emulator_modules import emulator_module
from modeldrop.local.ministack.in_process.policy_evaluation import credentials
from modeldrop.local.ministack.policy_checks import CredentialsRequest

HEALTH_PATH = "/_ministack/health"
"""The only route that needs no signature; it lists the running services."""

_OWN_ROUTES = "/_"  # routes that AWS does not have, such as /_ministack/reset


async def checked(scope: Mapping[str, Any], receive: Receive, send: Any) -> Receive | None:
    """Check the caller of a request (ASGI).

    Returns:
        A replacement for `receive`; None if the request was rejected and the response sent.
    """
    try:
        request = request_of(scope)
        if "authorization" not in request.headers and _requested_service(request) != "s3":
            # Only S3 has presigned URLs here.
            raise NotAuthenticated("MissingAuthenticationToken", "Missing Authentication Token")
        if request.parameter("AWSAccessKeyId") and "authorization" not in request.headers:
            _check_version_2(request)
            return receive
        own = scope["path"].startswith(_OWN_ROUTES)
        return await authenticate(scope, receive, _known, owner_only=own)
    except NotAuthenticated as error:
        await _reject(scope, send, error)
        return None


def owner() -> Credentials:
    """Return the credentials of the cloud's owner."""
    return Credentials(
        access_key=os.environ["AWS_ACCESS_KEY_ID"], secret_key=os.environ["AWS_SECRET_ACCESS_KEY"]
    )


async def _known(access_key: str, session_token: str) -> Known:
    return _find(access_key, session_token)


def _find(access_key: str, session_token: str) -> Known:
    if access_key == owner().access_key:
        return Known(owner(), is_owner=True)
    found = credentials(CredentialsRequest(access_key=access_key, session_token=session_token))
    if found.credentials is None:
        code = found.error.code if found.error else "UnrecognizedClientException"
        message = found.error.message if found.error else "The access key is unknown."
        raise NotAuthenticated(code, message)
    return Known(found.credentials, is_owner=False)


def _check_version_2(request: Request) -> None:
    """Check a presigned URL of S3 in Signature Version 2, which boto3 makes by default.

    Source: S3 user guide, "Signing and authenticating REST requests (AWS signature version 2)".

    Raises:
        NotAuthenticated: the signature is wrong or has expired.
    """
    expires = request.parameter("Expires")
    check_expiry(expires)
    # This version does not sign the Host header, which could name another service of MiniStack.
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    if host not in {"127.0.0.1", "localhost"} or request.path.startswith(_OWN_ROUTES):
        raise NotAuthenticated("AccessDenied", "Signature Version 2 is for S3's own URLs only.")
    token = request.parameter("x-amz-security-token")
    known = _find(request.parameter("AWSAccessKeyId"), token).credentials

    class _Signer(HmacV1Auth):
        def _get_date(self) -> str:
            return expires  # a presigned URL is signed with Expires in place of Date

    headers: Any = HTTPHeaders()
    for name, value in request.headers.items():
        headers[name] = value
    signer = _Signer(BotocoreCredentials(known.access_key, known.secret_key, token or None))
    url = urlsplit(f"//host{request.path}?{request.query}")
    expected = signer.get_signature(request.method, url, headers)
    if not secrets_match(token, known.session_token) or not secrets_match(
        expected, request.parameter("Signature")
    ):
        raise NotAuthenticated("SignatureDoesNotMatch", "The signature of the URL is wrong.")


async def _reject(scope: Mapping[str, Any], send: Any, error: NotAuthenticated) -> None:
    """Send the error in the protocol of the requested service."""
    request = request_of(scope)
    service = _requested_service(request)
    status, form, body = emulator_module("core.iam_actions").access_denied_response(
        service,
        "",
        "",
        str(uuid.uuid4()),
        error_code=error.code,
        message=str(error),
        headers=request.headers,
    )
    headers = [
        (name.encode("latin-1"), str(value).encode("latin-1")) for name, value in form.items()
    ]
    content = body if isinstance(body, bytes) else str(body).encode()
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _requested_service(request: Request) -> str:
    """Return MiniStack's name for the requested service."""
    query = parse_qs(request.query, keep_blank_values=True)
    detect = emulator_module("core.router").detect_service
    return str(detect(request.method, unquote(request.path), request.headers, query))
