"""Sends a request to a container.

Sources of the messages: aws/amazon-sagemaker-examples#2815 for a missing response; InvokeEndpoint's
documentation and AWS's page on MLflow deployments for the limit of 60 seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx

from model_packager.aws_limits import INVOCATION_SECONDS
from modeldrop.local.sagemaker.faults import RequestFaults

TIMEOUT_SECONDS = float(INVOCATION_SECONDS.value)

_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the "
    "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)
_NO_RESPONSE = (
    "Amazon SageMaker could not get a response from the {} endpoint. This can occur when CPU or "
    "memory utilization is high. To check your utilization, see Amazon CloudWatch. To fix this "
    "problem, use an instance type with more CPU capacity or memory."
)


@dataclass(frozen=True)
class ContainerResponse:
    """The response of a container; status 0 if there was none."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        """Whether the status is 2XX."""
        return 200 <= self.status < 300


async def send(
    client: httpx.AsyncClient,
    endpoint_name: str,
    headers: Mapping[str, str],
    body: bytes,
    faults: RequestFaults,
    path: str = "/invocations",
) -> ContainerResponse:
    """Forward a request, and apply the injected faults.

    Args:
        client: the HTTP client of the container.
        endpoint_name: the name for messages.
        headers: the request headers, with names in lower case.
        body: the request body.
        faults: the injected faults for the request.
        path: the URL path; a multi-model endpoint has one for each model.
    """
    await faults.wait_async()
    if faults.error is not None:
        return ContainerResponse(HTTPStatus.INTERNAL_SERVER_ERROR, faults.error.encode())
    forwarded = {
        name: value
        for name, value in headers.items()
        if name in {"content-type", "accept"} or name.startswith("x-amzn-sagemaker-")
    }
    try:
        response = await client.post(
            path,
            content=body,
            headers=forwarded,
            timeout=TIMEOUT_SECONDS,
        )
    except httpx.TimeoutException:
        return ContainerResponse(0, _TIMED_OUT.encode())
    except httpx.TransportError:
        return no_response(endpoint_name)
    return ContainerResponse(response.status_code, response.content, response.headers)


def no_response(endpoint_name: str) -> ContainerResponse:
    """Return SageMaker's response if a container ends during a request."""
    return ContainerResponse(0, _NO_RESPONSE.format(endpoint_name).encode())
