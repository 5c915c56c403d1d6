"""The SageMaker part of deploy.yaml: package, endpoint and container.

The limits are SageMaker's (CreateModel and CreateEndpointConfig API reference).
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from model_packager.aws_limits import ENVIRONMENT_BYTES, ENVIRONMENT_VALUE, ENVIRONMENT_VARIABLES
from model_packager.spec.base import SpecPart
from model_packager.spec.container_environment import require_harmless
from model_packager.spec.value_types import (
    ENVIRONMENT_NAME,
    EnvironmentName,
    InstanceType,
    Positive,
    Switch,
    Timeout,
    Whole,
)

DEFAULT_MODEL_VARIABLE = "SAGEMAKER_TRITON_DEFAULT_MODEL_NAME"
LOG_VERBOSE_VARIABLE = "SAGEMAKER_TRITON_LOG_VERBOSE"

_MAX_ENVIRONMENT_ENTRIES = ENVIRONMENT_VARIABLES.value - 2  # Modeldrop sets two variables


class InferenceAmiVersion(StrEnum):
    """SageMaker's host images for GPUs (ProductionVariant API reference, InferenceAmiVersion).

    `default` selects the image that SageMaker uses if none is named.
    """

    DEFAULT = "default"
    AL2_GPU_2 = "al2-ami-sagemaker-inference-gpu-2"
    AL2_GPU_2_1 = "al2-ami-sagemaker-inference-gpu-2-1"
    AL2_GPU_3_1 = "al2-ami-sagemaker-inference-gpu-3-1"
    AL2023_GPU_4_1 = "al2023-ami-sagemaker-inference-gpu-4-1"


class Packaging(StrEnum):
    """How a model repository is stored in S3: as plain objects, or as one model.tar.gz."""

    UNCOMPRESSED = "uncompressed"
    TAR_GZ = "tar.gz"


class Endpoint(SpecPart):
    """The endpoint's instances, host image, time limits and data capture."""

    instance_type: InstanceType | None = Field(
        None, description="Instance type, such as ml.g4dn.xlarge. Default: the stack's parameter."
    )
    fallback_instance_types: Annotated[tuple[InstanceType, ...], Field(max_length=5)] = Field(
        (), description="Instance types to try, in order, if AWS has no capacity."
    )
    instance_count: Annotated[Whole, Field(ge=1, le=1000)] | None = Field(
        None, description="Number of instances. Default: the stack's parameter."
    )
    inference_ami_version: InferenceAmiVersion | None = Field(
        None,
        description="Host image, which contains the NVIDIA driver. `default` selects SageMaker's "
        "choice. Default: the image that the Triton release needs, if known.",
    )
    model_download_timeout_seconds: Timeout = Field(
        1800, description="Time limit for downloading and unpacking the model."
    )
    startup_timeout_seconds: Timeout = Field(
        900, description="Time limit until the container is healthy, including the warm-up."
    )
    time_to_live_hours: Positive | None = Field(
        None, description="Hours after the last deployment until the endpoint is deleted."
    )
    data_capture_percent: Annotated[Whole, Field(ge=0, le=100)] | None = Field(
        None,
        description="Percentage of requests that SageMaker captures in S3, with responses. "
        "Default: the stack's parameter.",
    )

    @model_validator(mode="after")
    def _types_differ(self) -> Self:
        types = [self.instance_type, *self.fallback_instance_types]
        twice = [each for each in types if types.count(each) > 1]
        if twice:
            raise ValueError(f"should name each instance type once, but {twice[0]} occurs twice")
        return self

    def next_instance_type(self, tried: str) -> str | None:
        """Return the fallback type after the one that was tried last; None after the last one."""
        types = self.fallback_instance_types
        following = types.index(tried) + 1 if tried in types else 0
        return types[following] if following < len(types) else None


class Container(SpecPart):
    """The Triton container."""

    environment: dict[EnvironmentName, str] = Field(
        default_factory=dict,
        description='Environment variables, such as SAGEMAKER_TRITON_THREAD_COUNT: "4". '
        "Secrets are rejected.",
        json_schema_extra={"propertyNames": {"pattern": ENVIRONMENT_NAME.pattern}},
    )
    network_isolation: Switch = Field(
        True,
        description="Run the container without outbound network access and AWS credentials. "
        "`false` requires `AllowNetworkAccess=true` of the stack.",
    )

    @field_validator("environment", mode="after")
    @classmethod
    def _is_accepted(cls, environment: dict[str, str]) -> dict[str, str]:
        if DEFAULT_MODEL_VARIABLE in environment:
            raise ValueError(f"must not contain {DEFAULT_MODEL_VARIABLE}: Modeldrop sets it")
        if len(environment) > _MAX_ENVIRONMENT_ENTRIES:
            raise ValueError(f"should have at most {_MAX_ENVIRONMENT_ENTRIES} entries")
        size = 0
        for name, value in environment.items():
            value_bytes, most = len(value.encode()), ENVIRONMENT_VALUE.value
            if value_bytes > most:
                raise ValueError(f"should have at most {most:,} bytes for {name}")
            size += len(name) + value_bytes
        if size > ENVIRONMENT_BYTES.value:
            raise ValueError(f"should have at most {ENVIRONMENT_BYTES.value:,} bytes in total")
        require_harmless(environment)
        return environment
