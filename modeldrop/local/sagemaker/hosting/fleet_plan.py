"""The plan of a fleet: an endpoint config with its models, and the servers that they need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model_packager.aws_limits import (
    ASYNC_INVOCATION_SECONDS,
    MODEL_DOWNLOAD_SECONDS,
    SERVERLESS_STARTUP_SECONDS,
)
from modeldrop.local.sagemaker.hosting.artifact import (
    Artifact,
    artifact_of,
    is_multi_model,
)
from modeldrop.local.sagemaker.hosting.container_request import TIMEOUT_SECONDS
from modeldrop.local.sagemaker.triton import serve_rules

# SageMaker's developer guide: a container is unhealthy if /ping does not return 200 "within 4
# minutes"; ContainerStartupHealthCheckTimeoutInSeconds changes the limit.
_STARTUP_SECONDS = 240
_ASYNC_SECONDS = float(ASYNC_INVOCATION_SECONDS.value)
# Not documented; this is the maximum of ModelDataDownloadTimeoutInSeconds.
_DOWNLOAD_SECONDS = MODEL_DOWNLOAD_SECONDS.value

_CLOSED = "http://127.0.0.1:9"
_NO_NETWORK = {
    "http_proxy": _CLOSED,
    "https_proxy": _CLOSED,
    "HTTP_PROXY": _CLOSED,
    "HTTPS_PROXY": _CLOSED,
    "no_proxy": "localhost,127.0.0.1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""The environment of an isolated container. Its HTTP clients fail; other connections succeed
locally."""


@dataclass(frozen=True)
class VariantPlan:
    """A production variant, with the data that its server needs.

    Attributes:
        name: the VariantName.
        weight: the InitialVariantWeight, which determines the share of the traffic.
        instance_type: the requested instance type; the server runs on this computer.
        instance_count: the requested instance count; locally there is one server.
        image: the requested image, which is not pulled.
        environment: the environment variables of the container. No container has AWS credentials.
        artifact: the location of the model's files.
        role_arn: the model's execution role.
        download_seconds: the time limit of the download.
        startup_seconds: the time limit until the server is healthy.
        serverless: the ServerlessConfig; None for instances.
        caches_models: whether a multi-model endpoint keeps models loaded after their requests.
        is_shadow: whether this is a shadow variant, whose responses no client gets.
        is_transform: whether it runs for a transform job instead of an endpoint.
    """

    name: str
    weight: float
    instance_type: str
    instance_count: int
    image: str
    environment: dict[str, str]
    artifact: Artifact | None
    role_arn: str
    download_seconds: float
    startup_seconds: float
    serverless: dict[str, Any] | None = None
    caches_models: bool = True
    is_shadow: bool = False
    is_transform: bool = False

    @property
    def is_multi_model(self) -> bool:
        """Whether the variant loads a model when a client calls it."""
        return self.artifact is not None and self.artifact.layout == "archives"


def plan_variant(
    variant: dict[str, Any], model: dict[str, Any], *, is_shadow: bool = False
) -> VariantPlan:
    """Combine a ProductionVariant with the CreateModel request of its model."""
    container = model.get("PrimaryContainer") or model["Containers"][0]
    isolation = _NO_NETWORK if model.get("EnableNetworkIsolation") else {}
    mode = {serve_rules.MULTI_MODEL: "true"} if is_multi_model(container) else {}
    return VariantPlan(
        name=variant["VariantName"],
        weight=variant.get("InitialVariantWeight", 1.0),
        instance_type=variant.get("InstanceType", ""),
        instance_count=variant.get("InitialInstanceCount", 1),
        image=container["Image"],
        environment={**container.get("Environment", {}), **isolation, **mode},
        artifact=artifact_of(container),
        role_arn=model.get("ExecutionRoleArn", ""),
        download_seconds=variant.get("ModelDataDownloadTimeoutInSeconds", _DOWNLOAD_SECONDS),
        startup_seconds=(
            SERVERLESS_STARTUP_SECONDS.value
            if "ServerlessConfig" in variant
            else variant.get("ContainerStartupHealthCheckTimeoutInSeconds", _STARTUP_SECONDS)
        ),
        serverless=variant.get("ServerlessConfig"),
        caches_models=(
            container.get("MultiModelConfig", {}).get("ModelCacheSetting") != "Disabled"
        ),
        is_shadow=is_shadow,
    )


@dataclass(frozen=True)
class FleetPlan:
    """An endpoint config with its models, as of the start of the deployment.

    Attributes:
        config_name: the EndpointConfigName.
        variants: the production variants.
        data_capture: the DataCaptureConfig; None without data capture.
        async_inference: the AsyncInferenceConfig; None for a real-time endpoint.
        shadows: the shadow variants, at most one.
    """

    config_name: str
    variants: tuple[VariantPlan, ...]
    data_capture: dict[str, Any] | None = None
    async_inference: dict[str, Any] | None = None
    shadows: tuple[VariantPlan, ...] = ()

    @property
    def is_serverless(self) -> bool:
        """Whether containers run only while there are requests."""
        return self.variants[0].serverless is not None

    @property
    def longest_request_seconds(self) -> float:
        """How long the last requests may run on a server that gets no more requests."""
        return TIMEOUT_SECONDS if self.async_inference is None else _ASYNC_SECONDS
