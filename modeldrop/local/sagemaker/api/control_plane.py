"""The control planes of SageMaker and Application Auto Scaling: a function for each operation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NoReturn

from modeldrop.local.sagemaker.api import (
    endpoint_operations,
    model_operations,
    scaling_operations,
    tag_operations,
    transform_operations,
)
from modeldrop.local.sagemaker.api.request_validation import checked_request
from modeldrop.local.sagemaker.api.required_permissions import (
    implied_permissions,
    own_permissions,
)
from modeldrop.local.sagemaker.authorizer import access_denied, require
from modeldrop.local.sagemaker.errors import (
    ApiError,
    cannot_deregister,
    missing_permissions,
    unknown_operation,
)
from modeldrop.local.sagemaker.service import Service

Operation = Callable[[Service, dict[str, Any]], dict[str, Any]]

_SAGEMAKER: Mapping[str, Operation] = {
    "CreateModel": model_operations.create_model,
    "DescribeModel": model_operations.describe_model,
    "DeleteModel": model_operations.delete_model,
    "ListModels": model_operations.list_models,
    "CreateEndpointConfig": model_operations.create_endpoint_config,
    "DescribeEndpointConfig": model_operations.describe_endpoint_config,
    "DeleteEndpointConfig": model_operations.delete_endpoint_config,
    "ListEndpointConfigs": model_operations.list_endpoint_configs,
    "CreateEndpoint": endpoint_operations.create_endpoint,
    "DescribeEndpoint": endpoint_operations.describe_endpoint,
    "UpdateEndpoint": endpoint_operations.update_endpoint,
    "DeleteEndpoint": endpoint_operations.delete_endpoint,
    "ListEndpoints": endpoint_operations.list_endpoints,
    "CreateTransformJob": transform_operations.create_transform_job,
    "DescribeTransformJob": transform_operations.describe_transform_job,
    "StopTransformJob": transform_operations.stop_transform_job,
    "ListTransformJobs": transform_operations.list_transform_jobs,
    "AddTags": tag_operations.add_tags,
    "ListTags": tag_operations.list_tags,
    "DeleteTags": tag_operations.delete_tags,
}
_AUTO_SCALING: Mapping[str, Operation] = {
    "RegisterScalableTarget": scaling_operations.register_scalable_target,
    "DescribeScalableTargets": scaling_operations.describe_scalable_targets,
    "DeregisterScalableTarget": scaling_operations.deregister_scalable_target,
    "PutScalingPolicy": scaling_operations.put_scaling_policy,
    "DescribeScalingPolicies": scaling_operations.describe_scaling_policies,
    "DeleteScalingPolicy": scaling_operations.delete_scaling_policy,
}
_SERVICES: Mapping[str, tuple[str, Mapping[str, Operation]]] = {
    "SageMaker": ("sagemaker", _SAGEMAKER),
    "AnyScaleFrontendService": ("application-autoscaling", _AUTO_SCALING),
}
"""botocore's service name and the operations, by the first part of X-Amz-Target."""


def handle(service: Service, target: str, body: bytes, caller: str) -> bytes:
    """Handle a call in the AWS JSON 1.1 protocol.

    Args:
        service: the state of the local SageMaker.
        target: the header X-Amz-Target, such as "SageMaker.CreateModel".
        body: the request as JSON.
        caller: the caller's access key.

    Returns:
        The response as JSON; empty for operations whose response is empty.

    Raises:
        ApiError: the error response.
    """
    prefix, _, operation = target.partition(".")
    service_name, operations = _SERVICES.get(prefix, _SERVICES["SageMaker"])
    if operation not in operations:
        raise unknown_operation(operation, sorted(operations))
    payload = _parsed(body)
    names = list(_names(payload))
    service.faults.raise_api_fault(operation, names)
    request = checked_request(operation, payload, service_name)
    _authorize(service, service_name, operation, request, caller)
    response = operations[operation](service, request)
    service.faults.raise_api_fault(operation, names, after=True)
    if not response and service_name == "sagemaker":
        return b""
    return json.dumps(response, default=_timestamp).encode()


def _parsed(body: bytes) -> Any:
    """Parse a request body.

    Raises:
        ApiError: the body is not JSON, or has a number or a character that JSON does not have.
    """
    try:
        payload = json.loads(body or b"{}", parse_constant=_refuse_constant)
        json.dumps(payload, ensure_ascii=False).encode()  # fails for half of a surrogate pair
    except (ValueError, RecursionError) as error:
        raise ApiError("SerializationException", f"The body is not JSON: {error}") from error
    return payload


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it has {name}")


def _authorize(
    service: Service, service_name: str, operation: str, request: dict[str, Any], caller: str
) -> None:
    """Reject a call if the caller lacks a permission.

    Raises:
        ApiError: the caller lacks a permission; the message is AWS's.
    """
    require(service.authorizer, caller, own_permissions(service, service_name, operation, request))
    implied = implied_permissions(service, service_name, operation, request)
    denials = service.authorizer.denials(caller, implied)
    if not denials:
        return
    if service_name == "application-autoscaling":
        raise missing_permissions([denial.permission.action for denial in denials])
    if operation == "DeleteEndpoint":
        raise cannot_deregister()
    raise access_denied(denials[0])


def _names(payload: Any) -> Iterator[str]:
    if isinstance(payload, dict):
        for member in (
            "ModelName",
            "EndpointConfigName",
            "EndpointName",
            "TransformJobName",
            "ResourceArn",
            "ResourceId",
            "NameContains",
        ):
            if isinstance(payload.get(member), str):
                yield payload[member]
        listed = payload.get("ResourceIds")
        if isinstance(listed, list):
            yield from map(str, listed)


def _timestamp(value: object) -> float:
    """Convert a timestamp to seconds since 1970, as JSON 1.1 requires."""
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    raise TypeError(f"cannot serialize {value!r}")
