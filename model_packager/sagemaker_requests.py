"""The requests that make a model, an endpoint config and an endpoint, as boto3 takes them.

Pure: the functions send them, `modeldrop plan` shows them. A test holds each against botocore's own
service model.
"""

from collections.abc import Sequence
from typing import Any, TypedDict

from model_packager.hosting import Hosting

VARIANT = "primary"
"""The same in every version: deployment guardrails ask for it (SageMaker developer guide)."""

Request = dict[str, Any]


MODEL_TAG = "modeldrop:model"
VERSION_TAG = "modeldrop:version"
EXECUTION_TAG = "modeldrop:execution"
PREVIOUS_TAG = "modeldrop:previous-config"
VERIFIED_TAG = "modeldrop:verified"
"""The last two are on endpoint configs alone; see functions/workflow/ownership.py."""


class Tag(TypedDict):
    """A tag, as SageMaker takes it."""

    Key: str
    Value: str


def origin_tags(model: str, version: str, execution_arn: str) -> list[Tag]:
    """Tag a resource with its model, its version and the execution that made it."""
    return [
        {"Key": MODEL_TAG, "Value": model},
        {"Key": VERSION_TAG, "Value": version},
        {"Key": EXECUTION_TAG, "Value": execution_arn},
    ]


def create_model_request(
    name: str, *, role_arn: str, artifact_uri: str, hosting: Hosting, tags: Sequence[Tag]
) -> Request:
    """Give the parameters of CreateModel: the Triton image on the artifact."""
    return {
        "ModelName": name,
        "ExecutionRoleArn": role_arn,
        "PrimaryContainer": {
            "Image": hosting.image,
            "ModelDataUrl": artifact_uri,
            "Environment": hosting.environment,
        },
        "Tags": list(tags),
    }


def create_endpoint_config_request(name: str, *, hosting: Hosting, tags: Sequence[Tag]) -> Request:
    """Give the parameters of CreateEndpointConfig: one variant, on the model of the same name."""
    variant: Request = {
        "VariantName": VARIANT,
        "ModelName": name,
        "InstanceType": hosting.instance_type,
        "InitialInstanceCount": hosting.instance_count,
        "InitialVariantWeight": 1.0,
        "ModelDataDownloadTimeoutInSeconds": hosting.model_download_timeout_seconds,
        "ContainerStartupHealthCheckTimeoutInSeconds": hosting.startup_timeout_seconds,
    }
    if hosting.inference_ami_version is not None:
        variant["InferenceAmiVersion"] = hosting.inference_ami_version
    return {"EndpointConfigName": name, "ProductionVariants": [variant], "Tags": list(tags)}


def create_endpoint_request(endpoint: str, *, config: str, tags: Sequence[Tag]) -> Request:
    """Give the parameters of CreateEndpoint."""
    return {"EndpointName": endpoint, "EndpointConfigName": config, "Tags": list(tags)}


def update_endpoint_request(
    endpoint: str, *, config: str, guardrails: Request | None = None
) -> Request:
    """Give the parameters of UpdateEndpoint, for an endpoint that is there.

    Args:
        endpoint: its name.
        config: what it is to run on.
        guardrails: how traffic moves there (rollout.guardrails); None: all at once.
    """
    request: Request = {"EndpointName": endpoint, "EndpointConfigName": config}
    return request if guardrails is None else request | {"DeploymentConfig": guardrails}
