"""InvokeEndpoint: forwards a request to /invocations of tritonserver.

Sources of the messages:
- `Received client error (400) from primary with message "…". See …`:
  aws/amazon-sagemaker-examples#1881 and aws/sagemaker-python-sdk#2955
- a body that is too large: aws/sagemaker-python-sdk#171 (the limit was 5 MB at that time)
- a TargetModel for an endpoint with one model: aws/amazon-sagemaker-examples#1026
- a missing TargetModel: aws/sagemaker-tensorflow-serving-container#166
"""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool

from model_packager.aws_limits import INVOCATION_BYTES, SERVERLESS_BYTES, Limit
from model_packager.sagemaker.cloudwatch import log_group
from modeldrop.local.access.signature import access_key
from modeldrop.local.sagemaker.api.required_permissions import own_permissions
from modeldrop.local.sagemaker.authorizer import require
from modeldrop.local.sagemaker.errors import (
    ApiError,
    endpoint_not_invocable,
    model_error_text,
)
from modeldrop.local.sagemaker.hosting.container_clients import ContainerClients
from modeldrop.local.sagemaker.hosting.container_request import ContainerResponse, no_response, send
from modeldrop.local.sagemaker.hosting.fleet import Fleet, RunningVariant
from modeldrop.local.sagemaker.hosting.registry import Registry
from modeldrop.local.sagemaker.metrics.invocation_metrics import Invocation
from modeldrop.local.sagemaker.multi_model import LoadedModel, NotLoaded
from modeldrop.local.sagemaker.service import Service
from modeldrop.local.sagemaker.traffic.data_capture import Exchange

_CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
_TARGET_VARIANT = "x-amzn-sagemaker-target-variant"
_TARGET_MODEL = "x-amzn-sagemaker-target-model"
_NOT_SUPPORTED = {
    "x-amzn-sagemaker-target-container-hostname": "TargetContainerHostname needs named containers",
    "x-amzn-sagemaker-inference-component": "InferenceComponentName needs inference components",
    "x-amzn-sagemaker-session-id": "SessionId needs a container with stateful sessions",
}


@dataclass(frozen=True)
class InvokeResponse:
    """The container's response body, and the headers that SageMaker forwards."""

    body: bytes
    headers: dict[str, str]


async def invoke(
    service: Service,
    containers: ContainerClients,
    endpoint_name: str,
    headers: Mapping[str, str],
    body: bytes,
) -> InvokeResponse:
    """Invoke an endpoint.

    Args:
        service: the state of the local SageMaker.
        containers: the HTTP clients of the tritonservers.
        endpoint_name: the name in the path.
        headers: the request headers, with names in lower case.
        body: the request body.

    Raises:
        ApiError: the error response.
    """
    received = time.monotonic()
    await run_in_threadpool(_authorize, service, endpoint_name, headers)
    service.faults.raise_api_fault("InvokeEndpoint", [endpoint_name])
    _require_valid(endpoint_name, headers, body)
    with ExitStack() as use:
        fleet = await _fleet_in_use(service, endpoint_name, body, use)
        target = _target_model(fleet, endpoint_name, headers.get(_TARGET_MODEL))
        variant = _variant(fleet, endpoint_name, headers.get(_TARGET_VARIANT))
        config = fleet.plan.config_name
        faults = service.faults.take_invocation_faults(endpoint_name, config)
        client = await containers.client(variant.server)
        service.shadow_traffic.copy(containers, endpoint_name, fleet, headers, body)
        async with _model(service, endpoint_name, variant, target) as model:
            sent = time.monotonic()
            response = await send(client, endpoint_name, headers, body, faults, model.path)
            responded = time.monotonic()
    service.metrics.record(
        Invocation(
            endpoint=endpoint_name,
            variant=variant.plan.name,
            config=config,
            status=response.status,
            model_seconds=responded - sent,
            overhead_seconds=sent - received,
            instances=variant.plan.instance_count,
            loading_seconds=model.loading_seconds,
        )
    )
    if not response.is_success:
        # A crashed stand-in backend counts as a crashed container.
        if variant.server.end() is not None:
            response = no_response(endpoint_name)
        raise _model_error(service.registry, endpoint_name, response)
    content_type = response.headers.get("Content-Type", "")
    exchange = Exchange(endpoint_name, variant.plan, headers, body, content_type, response.body)
    service.capture.record(fleet.plan.data_capture, exchange)
    service.faults.raise_api_fault("InvokeEndpoint", [endpoint_name], after=True)
    return _forwarded(response, variant.plan.name)


def _require_valid(endpoint_name: str, headers: Mapping[str, str], body: bytes) -> None:
    _require_size(body, INVOCATION_BYTES)
    for header, why in _NOT_SUPPORTED.items():
        if header in headers:
            raise ApiError("ValidationError", f"{why}; endpoint {endpoint_name} has one model.")


def _forwarded(response: ContainerResponse, variant: str) -> InvokeResponse:
    headers = {"x-Amzn-Invoked-Production-Variant": variant}
    for name in ("Content-Type", _CUSTOM_ATTRIBUTES):
        if name in response.headers:
            headers[name] = response.headers[name]
    return InvokeResponse(response.body, headers)


def _authorize(service: Service, endpoint_name: str, headers: Mapping[str, str]) -> None:
    request = {"EndpointName": endpoint_name}
    if _TARGET_MODEL in headers:
        request["TargetModel"] = headers[_TARGET_MODEL]
    permissions = own_permissions(service, "sagemaker", "InvokeEndpoint", request)
    require(service.authorizer, access_key(headers), permissions, HTTPStatus.FORBIDDEN)


async def _fleet_in_use(service: Service, endpoint_name: str, body: bytes, use: ExitStack) -> Fleet:
    """The fleet for a request, which keeps its containers until `use` ends."""
    with service.registry.lock:
        fleet = _serving_fleet(service.registry, endpoint_name)
        if fleet.plan.async_inference is not None:
            raise _asynchronous(endpoint_name)
        if not fleet.plan.is_serverless:
            use.enter_context(fleet.in_use())
            return fleet
    return await _serverless_fleet(service, endpoint_name, fleet, body, use)


def _serving_fleet(registry: Registry, endpoint_name: str) -> Fleet:
    endpoint = registry.endpoints.get(registry.arn("endpoint", endpoint_name))
    fleet = endpoint.next_fleet() if endpoint else None
    if fleet is None:
        raise endpoint_not_invocable(endpoint_name, registry.account)
    return fleet


async def _serverless_fleet(
    service: Service, endpoint_name: str, fleet: Fleet, body: bytes, use: ExitStack
) -> Fleet:
    """Return the fleet with a running container, which the first request starts."""
    _require_size(body, SERVERLESS_BYTES)
    config = fleet.plan.variants[0].serverless or {}
    use.enter_context(service.serverless.request(endpoint_name, config["MaxConcurrency"]))
    endpoint = service.registry.endpoint(endpoint_name)
    return await run_in_threadpool(service.serverless.warm, endpoint, use)


def _target_model(fleet: Fleet, endpoint_name: str, target: str | None) -> str | None:
    """Return the TargetModel. Multi-model endpoints require it, and other endpoints reject it."""
    if fleet.plan.variants[0].is_multi_model:
        if target is None:
            message = f"Request {uuid.uuid4()} is missing a target model header."
            raise ApiError("ValidationError", message)
    elif target is not None:
        raise ApiError(
            "ValidationError",
            f"Endpoint {endpoint_name} is not a multi-model endpoint and does not support target "
            "model header.",
        )
    return target


@asynccontextmanager
async def _model(
    service: Service, endpoint_name: str, variant: RunningVariant, target: str | None
) -> AsyncIterator[LoadedModel]:
    """Yield the model for a request. A multi-model endpoint loads it first if necessary."""
    if target is None:
        yield LoadedModel("/invocations", None)
        return
    try:
        async with service.multi_model.use(endpoint_name, variant, target) as model:
            yield model
    except NotLoaded as error:
        response = ContainerResponse(error.status, error.message.encode())
        raise _model_error(service.registry, endpoint_name, response) from error


def _require_size(body: bytes, limit: Limit) -> None:
    if len(body) > limit.value:
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        raise ApiError("413", f"HTTP content length exceeded {limit.value} bytes.", status)


def _asynchronous(endpoint_name: str) -> ApiError:
    """Return the error of InvokeEndpoint for an asynchronous endpoint.

    Source: strands-agents/harness-sdk#1969; the message is ours.
    """
    return ApiError(
        "ValidationError",
        f"Endpoint {endpoint_name} is asynchronous; use InvokeEndpointAsync.",
    )


def _variant(fleet: Fleet, endpoint_name: str, target: str | None) -> RunningVariant:
    variant = fleet.choose(target)
    if variant is None:
        raise ApiError(
            "ValidationError",
            f"Variant {target} not found in endpoint {endpoint_name}; it has "
            f"{', '.join(each.plan.name for each in fleet.variants)}.",
        )
    return variant


def _model_error(registry: Registry, endpoint_name: str, response: ContainerResponse) -> ApiError:
    status, message = response.status, response.body.decode("utf-8", "replace")
    region, group = registry.region, log_group(endpoint_name)
    text = model_error_text(status, message, endpoint_name, region, registry.account)
    members: dict[str, str | int] = {
        "OriginalStatusCode": status,
        "OriginalMessage": message,
        "LogStreamArn": f"arn:aws:logs:{region}:{registry.account}:log-group:{group}",
    }
    return ApiError("ModelError", text, HTTPStatus.FAILED_DEPENDENCY, members)
