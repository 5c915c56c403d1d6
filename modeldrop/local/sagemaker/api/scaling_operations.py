"""Application Auto Scaling's API, for the instance counts of endpoint variants.

Sources: botocore's service model for errors and members; getmoto/moto, which copied it from AWS,
for `No scalable target found for service namespace: …`.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from modeldrop.local.sagemaker.api.listing import paginate
from modeldrop.local.sagemaker.errors import ApiError, invalid, not_supported
from modeldrop.local.sagemaker.hosting.scaling_targets import ScalableTarget, ScalingPolicy
from modeldrop.local.sagemaker.service import Service

_NAMESPACE = "sagemaker"
_DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_RESOURCE = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")
_DEFAULT_PAGE = 50  # "The default value is 50" (DescribeScalableTargets, MaxResults)
_ROLE = (
    "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
_TARGET_MEMBERS = ("MinCapacity", "MaxCapacity", "SuspendedState")
_POLICY_MEMBERS = (
    "PolicyType",
    "TargetTrackingScalingPolicyConfiguration",
    "StepScalingPolicyConfiguration",
)


def register_scalable_target(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Register a live variant, or change its limits."""
    resource = _resource(request)
    _require_variant(service, resource)
    scaling, registry = service.scaling, service.registry
    with scaling.lock:
        target = scaling.targets.get(resource) or ScalableTarget(
            resource,
            f"arn:aws:application-autoscaling:{registry.region}:{registry.account}"
            f":scalable-target/{uuid.uuid4().hex[:12]}",
            {},
        )
        members = {name: request[name] for name in _TARGET_MEMBERS if name in request}
        properties = {**target.properties, **members}
        for member in ("MinCapacity", "MaxCapacity"):
            if member not in properties:
                raise invalid(f"{member} is required for a new scalable target.")
        if properties["MaxCapacity"] < properties["MinCapacity"]:
            raise invalid("MaxCapacity cannot be less than MinCapacity.")
        target.properties = properties
        scaling.targets[resource] = target
    return {"ScalableTargetARN": target.arn}


def describe_scalable_targets(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """List targets, optionally by resource ID."""
    _require_namespace(request)
    wanted = request.get("ResourceIds")
    with service.scaling.lock:
        entries = [
            {
                **_identity(target),
                **target.properties,
                "RoleARN": f"arn:aws:iam::{service.registry.account}:{_ROLE}",
                "CreationTime": target.created,
                "ScalableTargetARN": target.arn,
            }
            for target in service.scaling.targets.values()
            if wanted is None or target.resource_id in wanted
        ]
    return paginate(entries, request, "ScalableTargets", _DEFAULT_PAGE)


def deregister_scalable_target(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Delete a target and its policies."""
    with service.scaling.lock:
        del service.scaling.targets[_target(service, request).resource_id]
    return {}


def put_scaling_policy(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Store a policy of a registered target."""
    configuration = {name: request[name] for name in _POLICY_MEMBERS if name in request}
    if configuration.get("PolicyType") == "PredictiveScaling":
        raise not_supported("predictive scaling, which AWS has for Amazon ECS only")
    kind = configuration.setdefault("PolicyType", "StepScaling")  # the API reference's default
    if f"{kind}PolicyConfiguration" not in configuration:
        raise invalid(f"{kind}PolicyConfiguration is required for PolicyType {kind}.")
    name, registry = request["PolicyName"], service.registry
    with service.scaling.lock:
        target = _target(service, request)
        known = target.policies.get(name)
        arn = (
            known.arn
            if known
            else (
                f"arn:aws:autoscaling:{registry.region}:{registry.account}:scalingPolicy:"
                f"{uuid.uuid4()}:resource/{_NAMESPACE}/{target.resource_id}:policyName/{name}"
            )
        )
        target.policies[name] = ScalingPolicy(name, arn, configuration)
    return {"PolicyARN": arn, "Alarms": []}


def describe_scaling_policies(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """List policies, optionally by name and resource ID."""
    _require_namespace(request)
    names, resource = request.get("PolicyNames"), request.get("ResourceId")
    with service.scaling.lock:
        entries = [
            {
                **_identity(target),
                **policy.configuration,
                "PolicyName": policy.name,
                "PolicyARN": policy.arn,
                "CreationTime": policy.created,
                "Alarms": [],
            }
            for target in service.scaling.targets.values()
            for policy in target.policies.values()
            if (names is None or policy.name in names) and resource in {None, target.resource_id}
        ]
    return paginate(entries, request, "ScalingPolicies", _DEFAULT_PAGE)


def delete_scaling_policy(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    resource, name = _resource(request), request["PolicyName"]
    with service.scaling.lock:
        target = service.scaling.targets.get(resource)
        if target is None or name not in target.policies:
            raise _not_found("scaling policy", resource, f", policy name: {name}")
        del target.policies[name]
    return {}


def _identity(target: ScalableTarget) -> dict[str, Any]:
    return {
        "ServiceNamespace": _NAMESPACE,
        "ResourceId": target.resource_id,
        "ScalableDimension": _DIMENSION,
    }


def _target(service: Service, request: dict[str, Any]) -> ScalableTarget:
    resource = _resource(request)
    target = service.scaling.targets.get(resource)
    if target is None:
        raise _not_found("scalable target", resource)
    return target


def _not_found(what: str, resource: str, more: str = "") -> ApiError:
    return ApiError(
        "ObjectNotFoundException",
        f"No {what} found for service namespace: {_NAMESPACE}, resource ID: {resource}, "
        f"scalable dimension: {_DIMENSION}{more}",
    )


def _resource(request: dict[str, Any]) -> str:
    """Return the resource ID in a request about a variant's instance count."""
    _require_namespace(request)
    if request["ScalableDimension"] != _DIMENSION:
        raise not_supported(f"the scalable dimension {request['ScalableDimension']}")
    resource: str = request["ResourceId"]
    if not _RESOURCE.fullmatch(resource):
        raise invalid(f"Resource id {resource} is not endpoint/<endpoint>/variant/<variant>.")
    return resource


def _require_namespace(request: dict[str, Any]) -> None:
    if request["ServiceNamespace"] != _NAMESPACE:
        raise not_supported(f"auto scaling of the namespace {request['ServiceNamespace']}")


def _require_variant(service: Service, resource: str) -> None:
    match = _RESOURCE.fullmatch(resource)
    assert match is not None  # noqa: S101 - _resource has checked it
    endpoint_name, variant = match.groups()
    registry = service.registry
    with registry.lock:
        endpoint = registry.endpoints.get(registry.arn("endpoint", endpoint_name))
        fleet = endpoint.fleet if endpoint else None
        if fleet is None or variant not in {each.name for each in fleet.plan.variants}:
            raise invalid(f"There is no SageMaker endpoint variant in service: {resource}.")
