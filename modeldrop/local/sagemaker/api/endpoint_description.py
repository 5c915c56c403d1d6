"""The response of DescribeEndpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from model_packager.aws_limits import FAILURE_REASON
from modeldrop.local.sagemaker.hosting.fleet_plan import VariantPlan
from modeldrop.local.sagemaker.hosting.registry import Endpoint, PendingDeployment


def description(endpoint: Endpoint) -> dict[str, Any]:
    """Return the description of an endpoint; it has the variants once their servers run."""
    response: dict[str, Any] = {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.config_name,
        "EndpointStatus": endpoint.status,
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
    }
    if endpoint.failure_reason is not None:
        response["FailureReason"] = endpoint.failure_reason[: FAILURE_REASON.value]
    if endpoint.deployment_config is not None:
        response["LastDeploymentConfig"] = endpoint.deployment_config
    if endpoint.fleet is not None:
        plan = endpoint.fleet.plan
        response["ProductionVariants"] = [
            _live_variant(endpoint, variant) for variant in plan.variants
        ]
        if plan.shadows:
            response["ShadowProductionVariants"] = [
                _live_variant(endpoint, variant) for variant in plan.shadows
            ]
        if plan.async_inference is not None:
            response["AsyncInferenceConfig"] = plan.async_inference
        if plan.data_capture is not None:
            response["DataCaptureConfig"] = _data_capture(plan.data_capture)
    if endpoint.pending is not None:
        response["PendingDeploymentSummary"] = _pending(endpoint.pending)
    return response


def _live_variant(endpoint: Endpoint, plan: VariantPlan) -> dict[str, Any]:
    """Describe a live variant. While its first instance starts, the current count is 0."""
    if plan.serverless is not None:
        return _serverless(plan)
    desired = endpoint.count(plan)
    runs = endpoint.fleet is not None and bool(endpoint.fleet.variants)
    current = desired if runs else 0
    return {
        **_variant(plan),
        "CurrentInstanceCount": current,
        "DesiredInstanceCount": desired,
    }


def _serverless(plan: VariantPlan) -> dict[str, Any]:
    return {
        **{name: value for name, value in _variant(plan).items() if "InstanceCount" not in name},
        "CurrentServerlessConfig": plan.serverless,
        "DesiredServerlessConfig": plan.serverless,
    }


def _variant(plan: VariantPlan) -> dict[str, Any]:
    """Describe a variant.

    The counts are the requested ones: one local server represents all instances.
    """
    return {
        "VariantName": plan.name,
        "DeployedImages": [{"SpecifiedImage": plan.image}],
        "CurrentWeight": plan.weight,
        "DesiredWeight": plan.weight,
        "CurrentInstanceCount": plan.instance_count,
        "DesiredInstanceCount": plan.instance_count,
    }


def _pending(pending: PendingDeployment) -> dict[str, Any]:
    """Describe a running deployment. Current values are 0 until the new fleet runs."""
    runs = pending.stage != "Creating"
    status = {"Status": pending.stage, "StartTime": pending.stage_started}

    def summaries(plans: Sequence[VariantPlan]) -> list[dict[str, Any]]:
        return [
            {
                **_variant(plan),
                "CurrentWeight": plan.weight if runs else 0.0,
                "CurrentInstanceCount": plan.instance_count if runs else 0,
                "InstanceType": plan.instance_type,
                "VariantStatus": [status],
            }
            for plan in plans
        ]

    shadows = summaries(pending.plan.shadows)
    return {
        "EndpointConfigName": pending.plan.config_name,
        "StartTime": pending.started,
        "ProductionVariants": summaries(pending.plan.variants),
        **({"ShadowProductionVariants": shadows} if shadows else {}),
    }


def _data_capture(config: dict[str, Any]) -> dict[str, Any]:
    enabled = config.get("EnableCapture", True)  # "defaults to enabled" (DataCaptureConfig)
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }
