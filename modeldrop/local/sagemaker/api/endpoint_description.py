"""What DescribeEndpoint shows of an endpoint."""

from __future__ import annotations

from typing import Any

from modeldrop.local.sagemaker.hosting.fleet import VariantPlan
from modeldrop.local.sagemaker.hosting.registry import Endpoint, PendingDeployment


def description(endpoint: Endpoint) -> dict[str, Any]:
    """Show an endpoint; its variants are shown once they are served."""
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
        plan = endpoint.fleet.plan
        shown["ProductionVariants"] = [_served(variant) for variant in plan.variants]
        if plan.data_capture is not None:
            shown["DataCaptureConfig"] = _data_capture(plan.data_capture)
    if endpoint.pending is not None:
        shown["PendingDeploymentSummary"] = _pending(endpoint.pending)
    return shown


def _served(plan: VariantPlan) -> dict[str, Any]:
    """The counts are those asked for: one local server stands for all instances."""
    return {
        "VariantName": plan.name,
        "DeployedImages": [{"SpecifiedImage": plan.image}],
        "CurrentWeight": plan.weight,
        "DesiredWeight": plan.weight,
        "CurrentInstanceCount": plan.instance_count,
        "DesiredInstanceCount": plan.instance_count,
    }


def _pending(pending: PendingDeployment) -> dict[str, Any]:
    """Nothing is current before the new fleet stands, by whose stage it is known."""
    stands = pending.stage != "Creating"
    status = {"Status": pending.stage, "StartTime": pending.stage_started}
    return {
        "EndpointConfigName": pending.plan.config_name,
        "StartTime": pending.started,
        "ProductionVariants": [
            {
                **_served(plan),
                "CurrentWeight": plan.weight if stands else 0.0,
                "CurrentInstanceCount": plan.instance_count if stands else 0,
                "InstanceType": plan.instance_type,
                "VariantStatus": [status],
            }
            for plan in pending.plan.variants
        ],
    }


def _data_capture(config: dict[str, Any]) -> dict[str, Any]:
    enabled = config.get("EnableCapture", False)
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }
