"""The permissions that a caller needs for a request.

Actions, resources and condition keys are from AWS's service authorization reference (pages "Amazon
SageMaker" and "Application Auto Scaling"), which tests read. The table
`modeldrop.stack.service_calls` has the calls that the services make on the caller's behalf.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from modeldrop.local.ministack.policy_checks import Permission
from modeldrop.local.sagemaker.hosting.registry import Kind
from modeldrop.local.sagemaker.service import Service
from modeldrop.stack.service_calls import SERVICE_CALLS, ServiceCall, When

Request = Mapping[str, Any]

RESOURCES: Mapping[str, tuple[tuple[Kind, str], ...]] = {
    "CreateModel": (("model", "ModelName"),),
    "DescribeModel": (("model", "ModelName"),),
    "DeleteModel": (("model", "ModelName"),),
    "ListModels": (),
    "CreateEndpointConfig": (("endpoint configuration", "EndpointConfigName"),),
    "DescribeEndpointConfig": (("endpoint configuration", "EndpointConfigName"),),
    "DeleteEndpointConfig": (("endpoint configuration", "EndpointConfigName"),),
    "ListEndpointConfigs": (),
    "CreateEndpoint": (
        ("endpoint", "EndpointName"),
        ("endpoint configuration", "EndpointConfigName"),
    ),
    "DescribeEndpoint": (("endpoint", "EndpointName"),),
    "UpdateEndpoint": (
        ("endpoint", "EndpointName"),
        ("endpoint configuration", "EndpointConfigName"),
    ),
    "DeleteEndpoint": (("endpoint", "EndpointName"),),
    "ListEndpoints": (),
    "CreateTransformJob": (("transform job", "TransformJobName"),),
    "DescribeTransformJob": (("transform job", "TransformJobName"),),
    "StopTransformJob": (("transform job", "TransformJobName"),),
    "ListTransformJobs": (),
    "InvokeEndpoint": (("endpoint", "EndpointName"),),
    "InvokeEndpointAsync": (("endpoint", "EndpointName"),),
}
"""The resources in the request of a SageMaker operation. The caller needs the permission for
each."""

_OF_TARGETS = {
    "RegisterScalableTarget",
    "DeregisterScalableTarget",
    "PutScalingPolicy",
    "DeleteScalingPolicy",
}


def own_permissions(
    service: Service, service_name: str, operation: str, request: Request
) -> list[Permission]:
    """Return the permission for an operation, once for each resource in its request.

    Args:
        service: the state of the local SageMaker.
        service_name: "sagemaker" or "application-autoscaling", as in IAM actions.
        operation: the name of the operation, such as "CreateModel".
        request: the request, already validated with botocore's model.
    """
    context = _context(service, operation, request)
    return [
        Permission(action=f"{service_name}:{operation}", resource=resource, context=context)
        for resource in _resources(service, service_name, operation, request)
    ]


def implied_permissions(
    service: Service, service_name: str, operation: str, request: Request
) -> list[Permission]:
    """Return the permissions for the calls that AWS makes on the caller's behalf.

    The arguments are the same as for `own_permissions`.
    """
    names = _names(service, request)
    return [
        _permission(call, names, request)
        for call in SERVICE_CALLS
        if call.actor == "caller"
        and f"{service_name}:{operation}" in call.triggers
        and _APPLIES[call.when](service, request)
    ]


def _permission(call: ServiceCall, names: Mapping[str, str], request: Request) -> Permission:
    context: dict[str, str | list[str]] = dict(call.context_keys(names))
    if call.action == "sagemaker:AddTags":
        context |= _tag_keys(request)
    return Permission(action=call.action, resource=call.resource_arn(names), context=context)


def _resources(
    service: Service, service_name: str, operation: str, request: Request
) -> Iterator[str]:
    if service_name == "application-autoscaling":
        yield _scalable_target_arn(service, request) if operation in _OF_TARGETS else "*"
    elif operation in {"AddTags", "ListTags", "DeleteTags"}:
        yield request["ResourceArn"]
    else:
        for kind, member in RESOURCES[operation]:
            yield service.registry.arn(kind, request[member])
        if not RESOURCES[operation]:
            yield "*"


def _scalable_target_arn(service: Service, request: Request) -> str:
    with service.scaling.lock:
        target = service.scaling.targets.get(request.get("ResourceId", ""))
    if target is not None:
        return target.arn
    registry = service.registry
    return f"arn:aws:application-autoscaling:{registry.region}:{registry.account}:scalable-target/*"


def _context(service: Service, operation: str, request: Request) -> dict[str, str | list[str]]:
    """Return the condition keys of an operation, without those whose value the request lacks."""
    context: dict[str, str | list[str]] = {**_tag_keys(request), **_target_model(request)}
    if operation == "CreateModel":
        context |= _network(request)
    if operation == "CreateEndpointConfig":
        context |= {**_endpoint_config(service, request), **_network(request)}
    if operation == "CreateTransformJob":
        context |= _transform(service, request)
    if "ServiceNamespace" in request:
        context["application-autoscaling:service-namespace"] = request["ServiceNamespace"]
        if "ScalableDimension" in request:
            context["application-autoscaling:scalable-dimension"] = request["ScalableDimension"]
    return context


def _endpoint_config(service: Service, request: Request) -> dict[str, str | list[str]]:
    context: dict[str, str | list[str]] = {}
    variants = request["ProductionVariants"] + request.get("ShadowProductionVariants", [])
    arns = [
        service.registry.arn("model", each["ModelName"]) for each in variants if "ModelName" in each
    ]
    types = [each["InstanceType"] for each in variants if "InstanceType" in each]
    for key, member in (
        ("sagemaker:ServerlessMemorySize", "MemorySizeInMB"),
        ("sagemaker:ServerlessMaxConcurrency", "MaxConcurrency"),
    ):
        sizes = [
            str(each["ServerlessConfig"][member]) for each in variants if "ServerlessConfig" in each
        ]
        if sizes:
            context[key] = sizes[0]
    if types:  # a serverless variant has no instance type
        context["sagemaker:InstanceTypes"] = types
    if arns:
        context["sagemaker:ModelArn"] = arns
    if "KmsKeyId" in request:
        context["sagemaker:VolumeKmsKey"] = request["KmsKeyId"]
    return context


def _transform(service: Service, request: Request) -> dict[str, str | list[str]]:
    resources, output = request["TransformResources"], request["TransformOutput"]
    keys = {
        "sagemaker:VolumeKmsKey": resources.get("VolumeKmsKeyId"),
        "sagemaker:OutputKmsKey": output.get("KmsKeyId"),
    }
    return {
        "sagemaker:InstanceTypes": [resources["InstanceType"]],
        "sagemaker:ModelArn": service.registry.arn("model", request["ModelName"]),
        **{name: value for name, value in keys.items() if value},
    }


def _target_model(request: Request) -> dict[str, str]:
    return {
        f"sagemaker:{member}": request[member] for member in ("TargetModel",) if member in request
    }


def _network(request: Request) -> dict[str, str | list[str]]:
    vpc = request.get("VpcConfig", {})
    keys: dict[str, str | list[str]] = {
        "sagemaker:NetworkIsolation": str(request.get("EnableNetworkIsolation", False)).lower()
    }
    if vpc:
        keys["sagemaker:VpcSubnets"] = vpc["Subnets"]
        keys["sagemaker:VpcSecurityGroupIds"] = vpc["SecurityGroupIds"]
    return keys


def _tag_keys(request: Request) -> dict[str, str | list[str]]:
    tags = request.get("Tags", [])
    if isinstance(tags, dict):  # Application Auto Scaling has a map
        tags = [{"Key": key, "Value": value} for key, value in tags.items()]
    keys = [tag["Key"] for tag in tags] or request.get("TagKeys", [])
    context: dict[str, str | list[str]] = {
        f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags
    }
    return {**context, "aws:TagKeys": keys} if keys else context


def _names(service: Service, request: Request) -> dict[str, str]:
    registry = service.registry
    endpoint = request.get("EndpointName") or _endpoint_of(request.get("ResourceId", ""))
    return {
        "partition": "aws",
        "region": registry.region,
        "account": registry.account,
        "model": request.get("ModelName", "").lower(),
        "endpoint_config": request.get("EndpointConfigName", "").lower(),
        "endpoint": endpoint.lower(),
        "transform_job": request.get("TransformJobName", "").lower(),
        "role_arn": request.get("ExecutionRoleArn", ""),
        "key_arn": _config_key(service, request) or "",
        "scalable_target_arn": f"arn:aws:application-autoscaling:{registry.region}:"
        f"{registry.account}:scalable-target/*",
        "random_name": str(uuid.uuid4()),
    }


def _endpoint_of(resource_id: str) -> str:
    parts = resource_id.split("/")
    return parts[1] if len(parts) > 1 else ""


def _config_key(service: Service, request: Request) -> str | None:
    """Return the KMS key of the endpoint config that a request deploys."""
    name = request.get("EndpointConfigName", "")
    config = service.registry.find("endpoint configuration", name)
    return config.request.get("KmsKeyId") if config else None


def _is_scaled(service: Service, request: Request) -> bool:
    return service.scaling.has_target(request["EndpointName"])


_APPLIES: Mapping[When, Callable[[Service, Request], bool]] = {
    "always": lambda _service, _request: True,
    "the request has tags": lambda _service, request: bool(request.get("Tags")),
    "the endpoint config has a KMS key": lambda service, request: (
        _config_key(service, request) is not None
    ),
    "a variant is a scalable target": _is_scaled,
}
