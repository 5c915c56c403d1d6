"""Carries out the faults of the emulated AWS, within MiniStack's process.

`ministack_corrections` puts the calls of these functions into MiniStack's code, whose Python has
pydantic, and nothing else of ours.
"""

from __future__ import annotations

import importlib
import json
import signal
import subprocess
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from pydantic import ValidationError

from modeldrop.local.ministack.injected_faults import (
    FAULTS,
    MISHAPS,
    REFUSALS,
    ActiveEmulatorFaults,
    AwsFault,
)

Query = Mapping[str, list[str]]
Answer = tuple[int, dict[str, str], Any]

_BOOK = ActiveEmulatorFaults()
_CLOUDWATCH = "monitoring"  # MiniStack's name for it is that of its endpoint


async def serve(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
    """Answer a request for `emulator_faults.PATH` (ASGI)."""
    status, text = 200, b""
    if scope["method"] == "DELETE":
        wanted = parse_qs(scope.get("query_string", b"").decode())
        text = FAULTS.dump_json(_BOOK.clear(wanted.get("contains", [""])[0]))
    else:
        try:
            _BOOK.add(FAULTS.validate_json(await read_body(receive)))
        except ValidationError as error:
            status, text = 400, str(error).encode()
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": text})


async def read_body(receive: Any) -> bytes:
    """A request's whole body (ASGI)."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


async def dispatch(
    proceed: Callable[..., Awaitable[Answer]],
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    query: Query,
    request_id: str,
) -> Answer:
    """An API call's answer, or the error that a fault makes of it, before or after it is served."""
    service = _module("core.router").detect_service(method, path, headers, query)
    operation = _operation(service, method, path, headers, body, query)
    text = unquote_plus(f"{path} {json.dumps(query)} {body.decode('utf-8', 'replace')}")
    caller = _module("core.iam_evaluator").request_caller_arn(headers, query)
    known_as = "cloudwatch" if service == _CLOUDWATCH else service
    fault = _BOOK.take_aws_fault(known_as, operation, text, caller)
    if fault is None or fault.after:
        answer = await proceed(method, path, headers, body, query, request_id)
        if fault is None:
            return answer
    return _error(fault, service, headers, request_id)


def refusal(function: str, event: object) -> tuple[str, str] | None:
    """The error's name and cause where Lambda does not take an invocation of Step Functions."""
    text = json.dumps(event, ensure_ascii=False)
    fault = _BOOK.take_lambda_fault(REFUSALS, function, text)
    if fault is None:
        return None
    # The names that AWS tells to retry: "Handle transient Lambda service exceptions",
    # docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
    if fault.kind == "throttle":
        error, said, status = "TooManyRequestsException", "Rate Exceeded.", 429
    else:
        error, said, status = "ServiceException", "An error occurred.", 500
    cause = f"{said} (Service: Lambda, Status Code: {status}, Request ID: {uuid.uuid4()})"
    return f"Lambda.{error}", cause


def mishap(function: str, event: object) -> str | None:
    """What is to befall the worker in this invocation: the kind of a fault, or nothing."""
    text = json.dumps(event, ensure_ascii=False)
    fault = _BOOK.take_lambda_fault(MISHAPS, function, text)
    return None if fault is None else fault.kind


def death(
    worker: subprocess.Popen[str], befallen: str | None, request_id: str, timeout: int
) -> dict[str, str]:
    """What a worker that ended without an answer is reported as.

    Names and texts as AWS gives them: seek-oss/aws-codedeploy-hooks#81 (Sandbox.Timedout) and
    langfuse/langfuse#17238 (Runtime.ExitError). Step Functions takes the errorType for the
    error's name; only where Lambda gives none it is Lambda.Unknown.
    """
    if befallen is not None and befallen.startswith("time_out"):
        return timed_out(request_id, timeout)
    code = worker.wait()
    if code == 0:
        how = "Runtime exited without providing a reason"
    elif code < 0:
        how = f"Runtime exited with error: signal: {_signal_name(-code)}"
    else:
        how = f"Runtime exited with error: exit status {code}"
    return _failure("Runtime.ExitError", request_id, how)


def timed_out(request_id: str, timeout: int) -> dict[str, str]:
    """What an invocation whose time was up is reported as."""
    return _failure("Sandbox.Timedout", request_id, f"Task timed out after {timeout}.00 seconds")


def _failure(kind: str, request_id: str, how: str) -> dict[str, str]:
    return {"status": "error", "type": kind, "error": f"RequestId: {request_id} Error: {how}"}


def _signal_name(number: int) -> str:
    return (signal.strsignal(number) or f"signal {number}").lower()


def _error(fault: AwsFault, service: str, headers: Mapping[str, str], request_id: str) -> Answer:
    """The fault in the form of an error that the service's protocol has."""
    _, form, body = _module("core.iam_actions").access_denied_response(
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
    if "/operation/" in path:  # smithy-rpc-v2-cbor, as boto3 speaks to CloudWatch
        return path.rpartition("/")[2]
    action = _module("core.iam_actions").extract_iam_action(
        service, method, path, headers, body, query
    )
    return (action or "").rpartition(":")[2]


# What marks an operation on an object or bucket, beside the method: the first that fits counts.
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


def _module(name: str) -> Any:
    # By name: these modules are there in MiniStack's Python alone.
    return importlib.import_module(f"ministack.{name}")
