"""The operations on endpoints: create, update, delete, describe and list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from modeldrop.local.sagemaker.api.endpoint_description import description
from modeldrop.local.sagemaker.api.listing import list_response
from modeldrop.local.sagemaker.async_queue import AsyncQueue
from modeldrop.local.sagemaker.errors import currently_in_use, invalid, other_endpoint_type
from modeldrop.local.sagemaker.hosting.deployment_policy import DeploymentPolicy, deployment_policy
from modeldrop.local.sagemaker.hosting.endpoint_lifecycle import require_updatable
from modeldrop.local.sagemaker.hosting.fleet_plan import FleetPlan, VariantPlan, plan_variant
from modeldrop.local.sagemaker.hosting.registry import Endpoint, PendingDeployment
from modeldrop.local.sagemaker.service import Service


def create_endpoint(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Start creating an endpoint. The request's DeploymentConfig applies to later updates."""
    plan = _plan(service, request["EndpointConfigName"])
    name = request["EndpointName"]
    _policy(service, request.get("DeploymentConfig"), plan, None)
    endpoint = Endpoint(
        name,
        service.registry.arn("endpoint", name),
        request["EndpointConfigName"],
        deployment_config=request.get("DeploymentConfig"),
        pending=PendingDeployment(plan),
        queue=AsyncQueue() if plan.async_inference is not None else None,
    )
    service.registry.add_endpoint(endpoint, request.get("Tags", []))
    if plan.async_inference is not None:
        service.workers.start(endpoint, _concurrency(plan.async_inference))
    service.lifecycle.create(endpoint, plan)
    return {"EndpointArn": endpoint.arn}


def update_endpoint(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Start updating an endpoint to another config."""
    endpoint = service.registry.endpoint(request["EndpointName"])
    plan = _plan(service, request["EndpointConfigName"])
    with service.registry.lock:
        require_updatable(endpoint)
        if plan.config_name == endpoint.config_name:
            raise currently_in_use(plan.config_name)
        assert endpoint.fleet is not None  # noqa: S101 - it is in service
        live = endpoint.fleet.plan
        if (live.async_inference is None) != (plan.async_inference is None):
            raise other_endpoint_type(endpoint.name, live.async_inference is not None)
        if plan.is_serverless != live.is_serverless:
            raise invalid(
                "An endpoint with instances cannot become serverless, or the other way round."
            )
        if plan.is_serverless and "DeploymentConfig" in request:
            raise invalid("Deployment guardrails are not supported for serverless endpoints.")
    service.scaling.require_unchanged(endpoint.name, live.variants, plan.variants)
    config = request.get("DeploymentConfig")
    if config is None and request.get("RetainDeploymentConfig"):
        config = endpoint.deployment_config
    policy = _policy(service, config, plan, live)
    keep = bool(request.get("RetainAllVariantProperties"))
    if keep and not _excludes(request, "DataCaptureConfig"):
        plan = replace(plan, data_capture=live.data_capture)
    service.lifecycle.update(endpoint, plan, policy, keep_counts=keep)
    if config is not None:
        endpoint.deployment_config = config
    return {"EndpointArn": endpoint.arn}


def _excludes(request: dict[str, Any], kind: str) -> bool:
    """Return whether an update that retains properties takes this kind from the new config."""
    excluded = request.get("ExcludeRetainedVariantProperties", ())
    return kind in {each["VariantPropertyType"] for each in excluded}


def delete_endpoint(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Start deleting an endpoint, and deregister its scalable targets.

    "Application Auto Scaling deregisters those models as scalable targets without notifying you"
    (SageMaker's developer guide, "Delete endpoints configured for auto scaling"). The caller needs
    the permission application-autoscaling:DeregisterScalableTarget
    (awslabs/stable-diffusion-aws-extension#161).
    """
    endpoint = service.registry.endpoint(request["EndpointName"])
    service.lifecycle.delete(endpoint)
    service.scaling.deregister_endpoint(endpoint.name)
    return {}


def describe_endpoint(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    with service.registry.lock:
        return description(service.registry.endpoint(request["EndpointName"]))


def list_endpoints(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    with service.registry.lock:
        return list_response(
            list(service.registry.endpoints.values()),
            request,
            summary=lambda endpoint: {
                "EndpointName": endpoint.name,
                "EndpointArn": endpoint.arn,
                "CreationTime": endpoint.created,
                "LastModifiedTime": endpoint.modified,
                "EndpointStatus": endpoint.status,
            },
            member="Endpoints",
            name="EndpointName",
        )


def _plan(service: Service, config_name: str) -> FleetPlan:
    """Combine a config with the current state of its models.

    A deleted model is an error. AWS does not document when it checks this.
    """
    config = service.registry.get("endpoint configuration", config_name).request

    def plans(member: str, *, is_shadow: bool) -> tuple[VariantPlan, ...]:
        models = service.registry
        return tuple(
            plan_variant(each, models.get("model", each["ModelName"]).request, is_shadow=is_shadow)
            for each in config.get(member, ())
        )

    return FleetPlan(
        config_name,
        plans("ProductionVariants", is_shadow=False),
        config.get("DataCaptureConfig"),
        config.get("AsyncInferenceConfig"),
        plans("ShadowProductionVariants", is_shadow=True),
    )


def _concurrency(config: dict[str, Any]) -> int:
    """Return the concurrent requests per instance.

    By default SageMaker chooses a number (AsyncInferenceClientConfig); here it is 4.
    """
    limit: int = config.get("ClientConfig", {}).get("MaxConcurrentInvocationsPerInstance", 4)
    return limit


def _policy(
    service: Service, config: dict[str, Any] | None, new: FleetPlan, live: FleetPlan | None
) -> DeploymentPolicy:
    policy = deployment_policy(config, new.variants, live.variants if live else None)
    service.alarms.require(new.variants[0].role_arn, policy.alarms)
    return policy
