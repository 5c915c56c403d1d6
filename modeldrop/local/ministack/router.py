"""Looks at each of MiniStack's requests first, so that one URL serves all of AWS, SageMaker too.

`ministack_corrections` puts the call of `serve` into MiniStack's code, whose Python has urllib3
(botocore's), and nothing else of ours.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import urllib3

from modeldrop.local.cross_site import refuse
from modeldrop.local.ministack import fault_injection
from modeldrop.local.ministack.injected_faults import PATH as FAULTS_PATH

# What a request was signed for: "AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/…"
# (IAM user guide, "Elements of an AWS API request signature").
_SIGNED_FOR = re.compile(r"Credential=[^,\s]*/([^/,\s]+)/aws4_request")
_OF_SAGEMAKER = {"sagemaker", "application-autoscaling"}
_OF_ONE_CONNECTION = {"connection", "host", "transfer-encoding"}
_SECONDS = 90  # a model has 60 s for its answer
_CONNECTIONS = 32

_pool = urllib3.PoolManager(maxsize=_CONNECTIONS)
_threads = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="to-sagemaker")


async def serve(scope: Mapping[str, Any], receive: Any, send: Any) -> bool:
    """Answer a request (ASGI) that is not MiniStack's; False where it is."""
    if scope["type"] not in {"http", "websocket"}:
        return False
    if await refuse(scope, send):
        return True
    if scope["type"] == "websocket":
        return False
    if scope["path"] == FAULTS_PATH:
        await fault_injection.serve(scope, receive, send)
        return True
    if is_for_sagemaker(scope):
        await _hand_on(scope, receive, send)
        return True
    return False


def is_for_sagemaker(scope: Mapping[str, Any]) -> bool:
    """Whether a request is for SageMaker, its runtime, its scaling or the status page."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    signed_for = _SIGNED_FOR.search(headers.get(b"authorization", ""))
    if signed_for is not None:
        return signed_for[1] in _OF_SAGEMAKER
    # Unsigned, a browser's: S3's own GET / lists the buckets, and is signed.
    return scope["path"] == "/" and "text/html" in headers.get(b"accept", "")


async def _hand_on(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
    url = os.environ["AWS_ENDPOINT_URL_SAGEMAKER"] + scope["raw_path"].decode("latin-1")
    headers = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
        if name.decode("latin-1").lower() not in _OF_ONE_CONNECTION
    }
    query, body = scope["query_string"].decode("latin-1"), await fault_injection.read_body(receive)

    def ask() -> urllib3.BaseHTTPResponse:
        return _pool.request(
            scope["method"],
            f"{url}?{query}" if query else url,
            body=body,
            headers=headers,
            timeout=_SECONDS,
            retries=False,
            redirect=False,
            decode_content=False,
        )

    try:
        answer = await asyncio.get_running_loop().run_in_executor(_threads, ask)
    except urllib3.exceptions.HTTPError as error:
        status, form, content = 503, [], f"The local SageMaker does not answer: {error}".encode()
    else:
        status, content = answer.status, answer.data
        form = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in answer.headers.items()
            if name.lower() not in _OF_ONE_CONNECTION
        ]
    await send({"type": "http.response.start", "status": status, "headers": form})
    await send({"type": "http.response.body", "body": content})
