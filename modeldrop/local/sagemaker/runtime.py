"""InvokeEndpoint: hands a request on to tritonserver's /invocations, and its answer back.

Sources of the sentences: `Received client error (400) from primary with message "…". See …`:
aws/amazon-sagemaker-examples#1881 and aws/sagemaker-python-sdk#2955; no answer: #2815 of the
former; 60 seconds: InvokeEndpoint's documentation and AWS's page on MLflow deployments; a body
that is too large: aws/sagemaker-python-sdk#171, whose limit was 5 MB then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from modeldrop.local.sagemaker.container_log import log_group
from modeldrop.local.sagemaker.errors import ApiError, endpoint_not_invocable
from modeldrop.local.sagemaker.fleet import Fleet, RunningVariant
from modeldrop.local.sagemaker.registry import Registry
from modeldrop.local.sagemaker.service import Service

# Body's maximum in botocore's model of sagemaker-runtime. (The FAQ of 2025 says 25 MB.)
MAX_BODY_BYTES = 6_291_456
ANSWER_SECONDS = 60.0

_CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
_TARGET_VARIANT = "x-amzn-sagemaker-target-variant"
_NOT_HOSTED = {
    "x-amzn-sagemaker-target-model": "TargetModel needs a multi-model endpoint",
    "x-amzn-sagemaker-target-container-hostname": "TargetContainerHostname needs named containers",
    "x-amzn-sagemaker-inference-component": "InferenceComponentName needs inference components",
    "x-amzn-sagemaker-session-id": "SessionId needs a container with stateful sessions",
}


@dataclass(frozen=True)
class Answer:
    """What the client gets: the container's body, and the headers that SageMaker passes on."""

    body: bytes
    headers: dict[str, str]


async def invoke(
    service: Service,
    client: httpx.AsyncClient,
    endpoint_name: str,
    headers: Mapping[str, str],
    body: bytes,
) -> Answer:
    """Invoke an endpoint.

    Args:
        service: the state.
        client: for the connection to tritonserver.
        endpoint_name: as in the path.
        headers: the request's, with names in lower case.
        body: the request's.

    Raises:
        ApiError: what the client gets instead.
    """
    service.faults.raise_api_fault("InvokeEndpoint", [endpoint_name])
    if len(body) > MAX_BODY_BYTES:
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        raise ApiError("413", f"HTTP content length exceeded {MAX_BODY_BYTES} bytes.", status)
    for header, why in _NOT_HOSTED.items():
        if header in headers:
            raise ApiError("ValidationError", f"{why}; endpoint {endpoint_name} has one model.")
    await asyncio.sleep(service.faults.take_answer_delay(endpoint_name))
    with ExitStack() as use:
        with service.registry.lock:
            fleet = _serving_fleet(service.registry, endpoint_name)
            use.enter_context(fleet.in_use())
        variant = fleet.choose(headers.get(_TARGET_VARIANT))
        if variant is None:
            raise ApiError(
                "ValidationError",
                f"Variant {headers[_TARGET_VARIANT]} not found in endpoint {endpoint_name}; it has "
                f"{', '.join(each.plan.name for each in fleet.variants)}.",
            )
        return await _hand_on(service.registry, client, endpoint_name, variant, headers, body)


def _serving_fleet(registry: Registry, endpoint_name: str) -> Fleet:
    endpoint = registry.endpoints.get(registry.arn("endpoint", endpoint_name))
    if endpoint is None or endpoint.fleet is None:
        raise endpoint_not_invocable(endpoint_name, registry.account)
    return endpoint.fleet


async def _hand_on(
    registry: Registry,
    client: httpx.AsyncClient,
    endpoint_name: str,
    variant: RunningVariant,
    headers: Mapping[str, str],
    body: bytes,
) -> Answer:
    passed_on = {
        name: value
        for name, value in headers.items()
        if name in {"content-type", "accept"} or name.startswith("x-amzn-sagemaker-")
    }
    try:
        response = await client.post(
            f"{variant.server.url}/invocations",
            content=body,
            headers=passed_on,
            timeout=ANSWER_SECONDS,
        )
    except httpx.TimeoutException as error:
        message = (
            "Your invocation timed out while waiting for a response from container primary. "
            "Review the latency metrics for each container in Amazon CloudWatch, resolve the "
            "issue, and try again."
        )
        raise _model_error(registry, endpoint_name, 0, message) from error
    except httpx.TransportError as error:
        message = (
            f"Amazon SageMaker could not get a response from the {endpoint_name} endpoint. This "
            "can occur when CPU or memory utilization is high. To check your utilization, see "
            "Amazon CloudWatch. To fix this problem, use an instance type with more CPU capacity "
            "or memory."
        )
        raise _model_error(registry, endpoint_name, 0, message) from error
    if not response.is_success:
        raise _model_error(registry, endpoint_name, response.status_code, response.text)
    returned = {"x-Amzn-Invoked-Production-Variant": variant.plan.name}
    for name in ("Content-Type", _CUSTOM_ATTRIBUTES):
        if name in response.headers:
            returned[name] = response.headers[name]
    return Answer(response.content, returned)


def _model_error(registry: Registry, endpoint_name: str, status: int, message: str) -> ApiError:
    side = "client" if 400 <= status < 500 else "server"
    region, group = registry.region, log_group(endpoint_name)
    text = (
        f'Received {side} error ({status}) from primary with message "{message}". See '
        f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        f"#logEventViewer:group={group} in account {registry.account} for more information."
    )
    members: dict[str, str | int] = {
        "OriginalStatusCode": status,
        "OriginalMessage": message,
        "LogStreamArn": f"arn:aws:logs:{region}:{registry.account}:log-group:{group}",
    }
    return ApiError("ModelError", text, HTTPStatus.FAILED_DEPENDENCY, members)
