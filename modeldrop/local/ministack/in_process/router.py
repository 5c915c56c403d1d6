"""Routes MiniStack's requests, so that one URL serves all of AWS, including SageMaker.

A patch (`patches.py`) inserts the call of `serve` into MiniStack's code. MiniStack's Python has
urllib3 (for botocore), but no other dependency of this module.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import urllib3

from modeldrop.local.access.authentication import read_body
from modeldrop.local.cross_site import refuse
from modeldrop.local.ministack import service_events
from modeldrop.local.ministack.in_process import (
    caller,
    event_delivery,
    fault_injection,
    policy_evaluation,
    service_quotas,
)
from modeldrop.local.ministack.injected_faults import PATH as FAULTS_PATH
from modeldrop.local.ministack.policy_checks import CHECK_PATH, CREDENTIALS_PATH, SESSION_PATH

# The service in a signature: "AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/…"
# (IAM user guide, "Elements of an AWS API request signature").
_SIGNED_FOR = re.compile(r"Credential=[^,\s]*/([^/,\s]+)/aws4_request")
_SAGEMAKER_SERVICES = {"sagemaker", "application-autoscaling"}
# Host is forwarded, because the signature covers it.
_HOP_BY_HOP = {"connection", "transfer-encoding"}
_TIMEOUT_SECONDS = 90  # more than the 60 s that a model has to respond
_CONNECTIONS = 32

_pool = urllib3.PoolManager(maxsize=_CONNECTIONS)
_threads = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="to-sagemaker")


async def serve(scope: Mapping[str, Any], receive: Any, send: Any) -> Any:
    """Handle an ASGI request that is not for MiniStack, or whose caller is unknown.

    Returns:
        None if this function handled the request; otherwise a replacement for `receive`, for
        MiniStack.
    """
    if scope["type"] not in {"http", "websocket"}:
        return receive
    if await refuse(scope, send):
        return None
    if scope["type"] == "websocket":  # no service here uses websockets, and they have no signature
        await send({"type": "websocket.close", "code": 1008})
        return None
    if scope["path"] == caller.HEALTH_PATH and scope["method"] == "GET":
        return receive
    if _is_status_page(scope):  # the local SageMaker checks the key in the link
        await _forward(scope, receive, send)
        return None
    receive = await caller.checked(scope, receive, send)
    if receive is None or await _served_here(scope, receive, send):
        return None
    return receive


async def _served_here(scope: Mapping[str, Any], receive: Any, send: Any) -> bool:
    """Handle a known caller's request if it is not for MiniStack. Return whether it was handled."""
    if scope["path"] == FAULTS_PATH:
        await fault_injection.serve(scope, receive, send)
    elif scope["path"] == service_events.PATH:
        await event_delivery.serve(scope, receive, send)
    elif scope["path"] in {CHECK_PATH, CREDENTIALS_PATH, SESSION_PATH}:
        await policy_evaluation.serve(scope, receive, send)
    elif _signed_for(scope) == service_quotas.SIGNING_NAME:
        await service_quotas.serve(scope, receive, send)
    elif is_for_sagemaker(scope):
        await _forward(scope, receive, send)
    else:
        return False
    return True


def _is_status_page(scope: Mapping[str, Any]) -> bool:
    """Return whether a browser opens the status page; S3's GET / (ListBuckets) is signed."""
    headers = _headers(scope)
    unsigned = b"authorization" not in headers and b"X-Amz-Algorithm" not in scope["query_string"]
    opened = scope["method"] in {"GET", "HEAD"} and scope["path"] == "/"
    return opened and unsigned and "text/html" in headers.get(b"accept", "")


def is_for_sagemaker(scope: Mapping[str, Any]) -> bool:
    """Return whether a request is for SageMaker, its runtime or its auto scaling."""
    return _signed_for(scope) in _SAGEMAKER_SERVICES


def _signed_for(scope: Mapping[str, Any]) -> str | None:
    """Return the service in the request's signature; None if it is not signed."""
    found = _SIGNED_FOR.search(_headers(scope).get(b"authorization", ""))
    return found[1] if found else None


def _headers(scope: Mapping[str, Any]) -> dict[bytes, str]:
    return {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def _forward(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
    url = os.environ["AWS_ENDPOINT_URL_SAGEMAKER"] + scope["raw_path"].decode("latin-1")
    headers = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
        if name.decode("latin-1").lower() not in _HOP_BY_HOP
    }
    query, body = scope["query_string"].decode("latin-1"), await read_body(receive)

    def send_request() -> urllib3.BaseHTTPResponse:
        return _pool.request(
            scope["method"],
            f"{url}?{query}" if query else url,
            body=body,
            headers=headers,
            timeout=_TIMEOUT_SECONDS,
            retries=False,
            redirect=False,
            decode_content=False,
        )

    try:
        response = await asyncio.get_running_loop().run_in_executor(_threads, send_request)
    except urllib3.exceptions.HTTPError as error:
        status, form, content = 503, [], f"The local SageMaker does not respond: {error}".encode()
    else:
        status, content = response.status, response.data
        form = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in response.headers.items()
            if name.lower() not in _HOP_BY_HOP
        ]
    await send({"type": "http.response.start", "status": status, "headers": form})
    await send({"type": "http.response.body", "body": content})
