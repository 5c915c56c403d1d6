"""Fault injection into emulated AWS, inside MiniStack's process.

The patches (`patches.py`) insert calls of these functions into MiniStack's code. MiniStack's Python
has pydantic, but no other dependency of this project.
"""

from __future__ import annotations

import json
import signal
import subprocess
import uuid
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from pydantic import ValidationError

from modeldrop.local.access.authentication import read_body
from modeldrop.local.ministack.in_process.emulator_modules import emulator_module
from modeldrop.local.ministack.injected_faults import (
    EXECUTION_FAULTS,
    FAULTS,
    INVOKE_ERRORS,
    ActiveEmulatorFaults,
    AwsFault,
)

Query = Mapping[str, list[str]]
Response = tuple[int, dict[str, str], Any]

_ACTIVE = ActiveEmulatorFaults()
_CLOUDWATCH = "monitoring"  # MiniStack names it after its endpoint


async def serve(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
    """Handle a request to `injected_faults.PATH` (ASGI)."""
    status, text = 200, b""
    if scope["method"] == "DELETE":
        query = parse_qs(scope.get("query_string", b"").decode())
        text = FAULTS.dump_json(_ACTIVE.clear(query.get("contains", [""])[0]))
    else:
        try:
            _ACTIVE.add(FAULTS.validate_json(await read_body(receive)))
        except ValidationError as error:
            status, text = 400, str(error).encode()
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": text})


async def dispatch(
    proceed: Callable[..., Awaitable[Response]],
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    query: Query,
    request_id: str,
) -> Response:
    """Serve an API call, unless an injected fault fails it before or after MiniStack serves it."""
    service = emulator_module("core.router").detect_service(method, path, headers, query)
    operation = _operation(service, method, path, headers, body, query)

    @cache
    def request() -> str:
        return unquote_plus(f"{path} {json.dumps(query)} {body.decode('utf-8', 'replace')}")

    @cache
    def caller() -> str:
        arn: str = emulator_module("core.iam_evaluator").request_caller_arn(headers, query)
        return arn

    service_name = "cloudwatch" if service == _CLOUDWATCH else service
    fault = _ACTIVE.take_aws_fault(service_name, operation, request, caller)
    if fault is None or fault.after:
        response = await proceed(method, path, headers, body, query, request_id)
        if fault is None:
            return response
    return _error(fault, service, headers, request_id)


def invoke_error(function: str, event: object) -> tuple[str, str] | None:
    """Return the error name and cause if a fault makes Lambda reject Step Functions' invocation."""
    text = json.dumps(event, ensure_ascii=False)
    fault = _ACTIVE.take_lambda_fault(INVOKE_ERRORS, function, text)
    if fault is None:
        return None
    # The error names that AWS recommends to retry: "Handle transient Lambda service exceptions",
    # docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
    if fault.kind == "throttle":
        error, message, status = "TooManyRequestsException", "Rate Exceeded.", 429
    else:
        error, message, status = "ServiceException", "An error occurred.", 500
    cause = f"{message} (Service: Lambda, Status Code: {status}, Request ID: {uuid.uuid4()})"
    return f"Lambda.{error}", cause


def execution_fault(function: str, event: object) -> str | None:
    """Return the kind of the fault to inject into the worker for this invocation, or None."""
    text = json.dumps(event, ensure_ascii=False)
    fault = _ACTIVE.take_lambda_fault(EXECUTION_FAULTS, function, text)
    return None if fault is None else fault.kind


def exit_report(
    worker: subprocess.Popen[str], injected: str | None, request_id: str, timeout: int
) -> dict[str, str]:
    """Return the report of a worker that exited without a response, once its process has ended.

    A process closes its streams before it ends. Until then it seems to run, and MiniStack would
    send the next invocation to it.

    Names and messages are AWS's: seek-oss/aws-codedeploy-hooks#81 (Sandbox.Timedout) and
    langfuse/langfuse#17238 (Runtime.ExitError). Step Functions uses errorType as the error name, or
    Lambda.Unknown without one.
    """
    code = worker.wait()
    if injected is not None and injected.startswith("time_out"):
        return timeout_report(request_id, timeout)
    if code == 0:
        message = "Runtime exited without providing a reason"
    elif code < 0:
        message = f"Runtime exited with error: signal: {_signal_name(-code)}"
    else:
        message = f"Runtime exited with error: exit status {code}"
    return _failure("Runtime.ExitError", request_id, message)


def timeout_report(request_id: str, timeout: int) -> dict[str, str]:
    """Return the report of an invocation that timed out."""
    return _failure("Sandbox.Timedout", request_id, f"Task timed out after {timeout}.00 seconds")


def _failure(kind: str, request_id: str, message: str) -> dict[str, str]:
    return {"status": "error", "type": kind, "error": f"RequestId: {request_id} Error: {message}"}


def _signal_name(number: int) -> str:
    return (signal.strsignal(number) or f"signal {number}").lower()


def _error(fault: AwsFault, service: str, headers: Mapping[str, str], request_id: str) -> Response:
    """Return the fault as an error response in the service's protocol."""
    _, form, body = emulator_module("core.iam_actions").access_denied_response(
        service, "", "", request_id, error_code=fault.code, message=fault.message, headers=headers
    )
    return fault.status, {**form, "x-amzn-requestid": request_id}, body


def _operation(
    service: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    query: Query,
) -> str:
    if service == "s3":
        return _s3_operation(method, path, headers, query)
    if "/operation/" in path:  # smithy-rpc-v2-cbor, which boto3 uses for CloudWatch
        return path.rpartition("/")[2]
    action = emulator_module("core.iam_actions").extract_iam_action(
        service, method, path, headers, body, query
    )
    return (action or "").rpartition(":")[2]


# Query parameters that identify an S3 operation; the first match wins.
_ON_OBJECT = {
    "GET": {"uploadId": "ListParts", "tagging": "GetObjectTagging", "": "GetObject"},
    "HEAD": {"": "HeadObject"},
    "PUT": {"partNumber": "UploadPart", "tagging": "PutObjectTagging", "": "PutObject"},
    "POST": {"uploads": "CreateMultipartUpload", "uploadId": "CompleteMultipartUpload"},
    "DELETE": {"uploadId": "AbortMultipartUpload", "": "DeleteObject"},
}
_ON_BUCKET = {
    "GET": {
        "list-type": "ListObjectsV2",
        "versions": "ListObjectVersions",
        "uploads": "ListMultipartUploads",
        "": "ListObjects",
    },
    "HEAD": {"": "HeadBucket"},
    "POST": {"delete": "DeleteObjects"},
}


def _s3_operation(method: str, path: str, headers: Mapping[str, str], query: Query) -> str:
    _, _, key = path.strip("/").partition("/")
    table = (_ON_OBJECT if key else _ON_BUCKET).get(method, {})
    found = next((name for mark, name in table.items() if not mark or mark in query), "")
    if "x-amz-copy-source" in headers:
        return {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}.get(found, found)
    return found
