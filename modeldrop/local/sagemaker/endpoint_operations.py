"""Endpoints: the calls that start their transitions, and those that show them."""

from __future__ import annotations

from typing import Any

from modeldrop.local.sagemaker.fleet import VariantPlan, plan_variant
from modeldrop.local.sagemaker.listing import page
from modeldrop.local.sagemaker.registry import Endpoint
from modeldrop.local.sagemaker.service import Service


def create_endpoint(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Begin to host an endpoint config."""
    plans = _plans(service, request["EndpointConfigName"])
    name = request["EndpointName"]
    endpoint = Endpoint(
        name,
        service.registry.arn("endpoint", name),
        request["EndpointConfigName"],
        deployment_config=request.get("DeploymentConfig"),
    )
    service.registry.add_endpoint(endpoint, request.get("Tags", []))
    service.lifecycle.create(endpoint, plans)
    return {"EndpointArn": endpoint.arn}


def update_endpoint(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Begin to move an endpoint to another config."""
    endpoint = service.registry.endpoint(request["EndpointName"])
    plans = _plans(service, request["EndpointConfigName"])
    service.lifecycle.update(endpoint, request["EndpointConfigName"], plans)
    if "DeploymentConfig" in request:
        endpoint.deployment_config = request["DeploymentConfig"]
    return {"EndpointArn": endpoint.arn}


def delete_endpoint(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Begin to delete an endpoint."""
    service.lifecycle.delete(service.registry.endpoint(request["EndpointName"]))
    return {}


def describe_endpoint(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Show an endpoint; its variants are shown once they are served."""
    with service.registry.lock:
        endpoint = service.registry.endpoint(request["EndpointName"])
        shown: dict[str, Any] = {
            "EndpointName": endpoint.name,
            "EndpointArn": endpoint.arn,
            "EndpointConfigName": endpoint.config_name,
            "EndpointStatus": endpoint.status,
            "CreationTime": endpoint.created,
            "LastModifiedTime": endpoint.modified,
        }
        if endpoint.failure_reason is not None:
            shown["FailureReason"] = endpoint.failure_reason[:1024]  # its maximum
        if endpoint.deployment_config is not None:
            shown["LastDeploymentConfig"] = endpoint.deployment_config
        if endpoint.fleet is not None:
            shown["ProductionVariants"] = [
                _variant_summary(variant.plan) for variant in endpoint.fleet.variants
            ]
    return shown


def list_endpoints(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """List endpoints."""
    with service.registry.lock:
        return page(
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


def _plans(service: Service, config_name: str) -> list[VariantPlan]:
    """Join a config with its models as they are now.

    A model that was deleted since is refused here; when AWS finds out is not documented.
    """
    config = service.registry.get("endpoint configuration", config_name)
    return [
        plan_variant(variant, service.registry.get("model", variant["ModelName"]).request)
        for variant in config.request["ProductionVariants"]
    ]


def _variant_summary(plan: VariantPlan) -> dict[str, Any]:
    """The counts are those asked for: one local server stands for all instances."""
    return {
        "VariantName": plan.name,
        "DeployedImages": [{"SpecifiedImage": plan.image}],
        "CurrentWeight": plan.weight,
        "DesiredWeight": plan.weight,
        "CurrentInstanceCount": plan.instance_count,
        "DesiredInstanceCount": plan.instance_count,
    }
