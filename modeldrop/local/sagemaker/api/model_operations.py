"""The operations on models and endpoint configs, with SageMaker's checks."""

from __future__ import annotations

import re
from typing import Any

from model_packager.aws_limits import ENVIRONMENT_BYTES, SERVERLESS_MEMORY_MB
from model_packager.sagemaker.instance_facts import instance_facts
from modeldrop.local.sagemaker.api.listing import list_response
from modeldrop.local.sagemaker.api.shadow_variants import check_shadow_variants
from modeldrop.local.sagemaker.errors import invalid, not_supported, unreadable_model_data
from modeldrop.local.sagemaker.execution_role import RoleNotAssumable
from modeldrop.local.sagemaker.hosting.artifact import (
    ArtifactUnreadable,
    artifact_of,
    exists,
    is_multi_model,
)
from modeldrop.local.sagemaker.hosting.registry import Resource
from modeldrop.local.sagemaker.service import Service

_ECR_IMAGE = re.compile(
    r"\d{12}\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[a-z0-9._/-]+([:@][\w.:-]+)?"
)


def create_model(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Create a model, after checking that its image is in ECR and its artifact exists.

    AWS makes both checks in CreateModel, with these messages. Many users report the message about
    the artifact, for example with Terraform.
    """
    container = _the_container(request)
    image = container.get("Image")
    if image is None:
        raise not_supported("a container without an Image (model packages)")
    if not _ECR_IMAGE.fullmatch(image):
        raise invalid(
            f'Using non-ECR image "{image}" without Vpc repository access mode is not supported.'
        )
    _check_mode(container)
    environment = container.get("Environment", {})
    size = sum(len(key.encode()) + len(value.encode()) for key, value in environment.items())
    if size > ENVIRONMENT_BYTES.value:
        raise invalid(f"Environment has {size} bytes; the maximum is {ENVIRONMENT_BYTES.value}.")
    _require_artifact(service, container, request.get("ExecutionRoleArn", ""))
    resource = service.registry.add("model", request["ModelName"], request, request.get("Tags", []))
    return {"ModelArn": resource.arn}


def _the_container(request: dict[str, Any]) -> dict[str, Any]:
    containers = request.get("Containers", [])
    if ("PrimaryContainer" in request) == bool(containers):
        raise invalid("Specify either PrimaryContainer or Containers, not both.")
    if len(containers) > 1:
        raise not_supported("inference pipelines (more than one container)")
    container: dict[str, Any] = request.get("PrimaryContainer") or containers[0]
    return container


def _check_mode(container: dict[str, Any]) -> None:
    """Reject features that multi-model containers exclude. The messages are ours.

    Source: botocore's ContainerDefinition ("you cannot use ModelDataSource in conjunction with (…)
    SageMaker multi-model endpoints").
    """
    if not is_multi_model(container):
        if "MultiModelConfig" in container:
            raise invalid("MultiModelConfig needs a container with Mode MultiModel.")
        return
    if "ModelDataSource" in container:
        raise invalid("ModelDataSource is not supported for multi-model endpoints.")
    if not container.get("ModelDataUrl"):
        raise invalid("A container with Mode MultiModel needs ModelDataUrl, a prefix in S3.")


def _require_artifact(service: Service, container: dict[str, Any], role_arn: str) -> None:
    artifact = artifact_of(container)
    if artifact is None:
        return
    if artifact.layout == "prefix" and not artifact.key.endswith("/"):
        # S3ModelDataSource.S3Uri: a key name prefix "always ends with a forward slash (/)".
        raise invalid(f'S3Uri "{artifact.url}" must end with a slash, because it is an S3Prefix.')
    try:
        found = exists(service.roles.clients(role_arn).s3, artifact)
    except (RoleNotAssumable, ArtifactUnreadable) as error:
        raise unreadable_model_data(artifact.url, role_arn, service.registry.region) from error
    if not found:
        raise invalid(f"Could not find model data at {artifact.url}.")


def describe_model(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    return _description(service.registry.get("model", request["ModelName"]), "ModelArn")


def delete_model(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Delete a model; endpoints that use it continue to run."""
    service.registry.remove("model", request["ModelName"])
    return {}


def list_models(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    return list_response(
        service.registry.all("model"),
        request,
        summary=lambda model: {
            "ModelName": model.name,
            "ModelArn": model.arn,
            "CreationTime": model.created,
        },
        member="Models",
        name="ModelName",
    )


def create_endpoint_config(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Create an endpoint config, after checking that its models exist."""
    if "ExplainerConfig" in request:
        raise not_supported("ExplainerConfig of an endpoint config")
    if "AsyncInferenceConfig" in request:
        _check_async(service, request)
    _check_serverless_config(request)
    check_shadow_variants(request, lambda variant: _serves_several(service, variant))
    variants: dict[str, Any] = {
        member: [_checked_variant(service, variant) for variant in request[member]]
        for member in ("ProductionVariants", "ShadowProductionVariants")
        if member in request
    }
    names = [variant["VariantName"] for each in variants.values() for variant in each]
    if len(set(names)) < len(names):
        raise invalid("Production variant names must be unique within an endpoint config.")
    resource = service.registry.add(
        "endpoint configuration",
        request["EndpointConfigName"],
        {**request, **variants},
        request.get("Tags", []),
    )
    return {"EndpointConfigArn": resource.arn}


def _check_async(service: Service, request: dict[str, Any]) -> None:
    """Check an AsyncInferenceConfig. AWS does not document the messages, so these are ours."""
    variants = request["ProductionVariants"]
    if len(variants) > 1:
        raise invalid("An asynchronous endpoint has exactly one production variant.")
    if any("ModelName" in each and _serves_several(service, each) for each in variants):
        # InvokeEndpointAsync has no TargetModel.
        raise invalid("AsyncInferenceConfig is not supported for multi-model endpoints.")
    output = request["AsyncInferenceConfig"]["OutputConfig"]
    if not output.get("S3OutputPath"):
        raise not_supported("an AsyncInferenceConfig without S3OutputPath (a bucket of its own)")
    notification = output.get("NotificationConfig", {})
    if "IncludeInferenceResponseIn" in notification:
        raise not_supported("IncludeInferenceResponseIn")


def _checked_variant(service: Service, variant: dict[str, Any]) -> dict[str, Any]:
    if "ServerlessConfig" in variant:
        return _checked_serverless(service, variant)
    for member in ("ModelName", "InstanceType", "InitialInstanceCount"):
        if member not in variant:
            raise invalid(f"{member} is required for production variant {variant['VariantName']}.")
    service.registry.get("model", variant["ModelName"])
    if _serves_several(service, variant):
        _check_multi_model_type(variant["InstanceType"])
    return {"InitialVariantWeight": 1.0, **variant}


def _check_multi_model_type(instance_type: str) -> None:
    """Reject instance types with several GPUs, if the table of instance types has them.

    Sources: developer guide, "Instance recommendations for multi-model endpoint deployments" (CPU
    and single-GPU types); the message: aws/sagemaker-python-sdk#1323, from before GPUs.
    """
    facts = instance_facts(instance_type)
    if facts is not None and facts.gpus > 1:
        raise invalid(f"MultiModel mode is not supported for instance type {instance_type}.")


def _check_serverless_config(request: dict[str, Any]) -> None:
    """Reject features that SageMaker excludes from serverless endpoints. The messages are ours.

    Source: developer guide, "Deploy models with Amazon SageMaker Serverless Inference" (feature
    exclusions).
    """
    variants = request["ProductionVariants"]
    if not any("ServerlessConfig" in each for each in variants):
        return
    if len(variants) > 1:
        raise invalid("A serverless endpoint has exactly one production variant.")
    for member in ("DataCaptureConfig", "AsyncInferenceConfig"):
        if member in request:
            raise invalid(f"{member} is not supported for serverless endpoints.")


def _checked_serverless(service: Service, variant: dict[str, Any]) -> dict[str, Any]:
    memory = variant["ServerlessConfig"]["MemorySizeInMB"]
    if memory % SERVERLESS_MEMORY_MB.least:
        raise invalid(f"MemorySizeInMB is {memory}, but must be a multiple of 1024.")
    if "ProvisionedConcurrency" in variant["ServerlessConfig"]:
        raise not_supported("ProvisionedConcurrency")
    for member in (
        "InstanceType",
        "InitialInstanceCount",
        "InferenceAmiVersion",
        "ModelDataDownloadTimeoutInSeconds",
        "ContainerStartupHealthCheckTimeoutInSeconds",
    ):
        if member in variant:
            raise invalid(f"{member} is not supported with ServerlessConfig.")
    model = service.registry.get("model", variant["ModelName"]).request
    if model.get("VpcConfig") or model.get("EnableNetworkIsolation"):
        raise invalid("VPC configuration and network isolation are not supported for serverless.")
    if _serves_several(service, variant):
        raise invalid("Multi-model endpoints are not supported for serverless endpoints.")
    artifact = artifact_of(model.get("PrimaryContainer") or model["Containers"][0])
    if artifact is not None and artifact.layout != "archive":
        raise invalid("Uncompressed model data is not supported for serverless endpoints.")
    return {"InitialVariantWeight": 1.0, **variant}


def _serves_several(service: Service, variant: dict[str, Any]) -> bool:
    model = service.registry.get("model", variant["ModelName"]).request
    return is_multi_model(model.get("PrimaryContainer") or model["Containers"][0])


def describe_endpoint_config(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    name = request["EndpointConfigName"]
    return _description(service.registry.get("endpoint configuration", name), "EndpointConfigArn")


def delete_endpoint_config(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Delete an endpoint config; endpoints that use it continue to run."""
    service.registry.remove("endpoint configuration", request["EndpointConfigName"])
    return {}


def list_endpoint_configs(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    return list_response(
        service.registry.all("endpoint configuration"),
        request,
        summary=lambda config: {
            "EndpointConfigName": config.name,
            "EndpointConfigArn": config.arn,
            "CreationTime": config.created,
        },
        member="EndpointConfigs",
        name="EndpointConfigName",
    )


def _description(resource: Resource, arn_member: str) -> dict[str, Any]:
    members = {name: value for name, value in resource.request.items() if name != "Tags"}
    return {**members, arn_member: resource.arn, "CreationTime": resource.created}
