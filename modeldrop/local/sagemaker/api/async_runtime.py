"""InvokeEndpointAsync: checks a request and adds it to the endpoint's queue."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from model_packager.aws_limits import ASYNC_INLINE_BYTES, ASYNC_QUEUE_SECONDS
from modeldrop.local.access.signature import access_key
from modeldrop.local.sagemaker.api.request_validation import checked_request
from modeldrop.local.sagemaker.api.required_permissions import own_permissions
from modeldrop.local.sagemaker.async_queue import AsyncRequest
from modeldrop.local.sagemaker.authorizer import require
from modeldrop.local.sagemaker.errors import ApiError, endpoint_not_invocable
from modeldrop.local.sagemaker.service import Service

_TIMEOUT_SECONDS = 900  # "The default is 15 minutes (900 seconds)" (InvokeEndpointAsync)
_PREFIX = "x-amzn-sagemaker-"
_MEMBERS = {
    "ContentType": "content-type",
    "Accept": "accept",
    "CustomAttributes": "custom-attributes",
    "InferenceId": "inference-id",
    "InputLocation": "inputlocation",
    "S3OutputPathExtension": "s3outputpathextension",
    "Filename": "filename",
    "RequestTTLSeconds": "requestttlseconds",
    "InvocationTimeoutSeconds": "invocationtimeoutseconds",
}
"""The header of each member of the request, without the prefix (botocore's service model)."""

_NUMBERS = {"RequestTTLSeconds", "InvocationTimeoutSeconds"}
_NUMBER = re.compile("[0-9]{1,9}")


@dataclass(frozen=True)
class Accepted:
    """The response to an accepted request: status 202, with the locations as headers."""

    inference_id: str
    output_location: str
    failure_location: str | None


def invoke_async(
    service: Service, endpoint_name: str, headers: Mapping[str, str], body: bytes
) -> Accepted:
    """Add a request to the queue of an asynchronous endpoint.

    Args:
        service: the state of the local SageMaker.
        endpoint_name: the name in the path.
        headers: the request headers, with names in lower case.
        body: the request body; empty with InputLocation.

    Raises:
        ApiError: the error response.
    """
    permissions = own_permissions(
        service, "sagemaker", "InvokeEndpointAsync", {"EndpointName": endpoint_name}
    )
    require(service.authorizer, access_key(headers), permissions, HTTPStatus.FORBIDDEN)
    service.faults.raise_api_fault("InvokeEndpointAsync", [endpoint_name])
    members = _members(endpoint_name, headers, body)
    registry = service.registry
    with registry.lock:
        endpoint = registry.endpoints.get(registry.arn("endpoint", endpoint_name))
        if endpoint is None or endpoint.fleet is None:
            raise endpoint_not_invocable(endpoint_name, registry.account)
        config, queue = endpoint.fleet.plan.async_inference, endpoint.queue
        if config is None or queue is None:
            raise ApiError(
                "ValidationError",
                f"Endpoint {endpoint_name} is not asynchronous: its endpoint configuration has no "
                "AsyncInferenceConfig.",
            )
        request = _request(config, members, headers, body)
        queue.put(request)
    service.faults.raise_api_fault("InvokeEndpointAsync", [endpoint_name], after=True)
    return Accepted(request.inference_id, request.output_location, request.failure_location)


def _members(endpoint_name: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    members: dict[str, Any] = {"EndpointName": endpoint_name}
    for member, header in _MEMBERS.items():
        value = headers.get(_PREFIX + header)
        if value is not None:
            is_number = member in _NUMBERS and _NUMBER.fullmatch(value) is not None
            members[member] = int(value) if is_number else value
    if ("InputLocation" in members) == bool(body):
        raise ApiError("ValidationError", "Specify either InputLocation or Body, not both.")
    if len(body) > ASYNC_INLINE_BYTES.value:
        raise ApiError(
            "ValidationError",
            f"Body has {len(body)} bytes; the maximum is {ASYNC_INLINE_BYTES.value}. Use "
            "InputLocation.",
        )
    try:
        return checked_request("InvokeEndpointAsync", members, "sagemaker-runtime")
    except ApiError as error:  # the runtime API has a different code for the same error
        raise ApiError("ValidationError", error.message) from error


def _request(
    config: Mapping[str, Any], members: Mapping[str, Any], headers: Mapping[str, str], body: bytes
) -> AsyncRequest:
    output, name = config["OutputConfig"], str(uuid.uuid4())
    notification = output.get("NotificationConfig", {})
    extension = members.get("S3OutputPathExtension", "").strip("/")
    path = "/".join(filter(None, (output["S3OutputPath"].rstrip("/"), extension)))
    failures = output.get("S3FailurePath")
    ttl = members.get("RequestTTLSeconds", ASYNC_QUEUE_SECONDS.value)
    forwarded = {
        "content-type": members.get("ContentType", "application/octet-stream"),
        **({"accept": members["Accept"]} if "Accept" in members else {}),
        **{
            name: value
            for name, value in headers.items()
            if name == f"{_PREFIX}custom-attributes" or name == f"{_PREFIX}inference-id"
        },
    }
    return AsyncRequest(
        inference_id=members.get("InferenceId", name),
        input_location=members.get("InputLocation", ""),
        body=body,
        headers=forwarded,
        output_location=f"{path}/{members.get('Filename', f'{name}.out')}",
        failure_location=f"{failures.rstrip('/')}/{name}-error.out" if failures else None,
        success_topic=notification.get("SuccessTopic"),
        error_topic=notification.get("ErrorTopic"),
        timeout_seconds=float(members.get("InvocationTimeoutSeconds", _TIMEOUT_SECONDS)),
        expires=time.monotonic() + ttl,
    )
