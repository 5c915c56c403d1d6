"""What deploy.yaml says of where a model is hosted: its package, the endpoint, the container.

The limits are SageMaker's (CreateModel and CreateEndpointConfig API reference).
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from model_packager.spec.base import SpecPart
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

_MAX_ENVIRONMENT_ENTRIES = 100 - 1  # one of them is ours
_MAX_ENVIRONMENT_BYTES = 32 * 1024


class InferenceAmiVersion(StrEnum):
    """SageMaker's host images for GPUs (ProductionVariant API reference, InferenceAmiVersion).

    `default` stands for the image that SageMaker takes where none is named.
    """

    DEFAULT = "default"
    AL2_GPU_2 = "al2-ami-sagemaker-inference-gpu-2"
    AL2_GPU_2_1 = "al2-ami-sagemaker-inference-gpu-2-1"
    AL2_GPU_3_1 = "al2-ami-sagemaker-inference-gpu-3-1"
    AL2023_GPU_4_1 = "al2023-ami-sagemaker-inference-gpu-4-1"


class Packaging(StrEnum):
    """How a model repository lies in S3: as plain objects, or as one archive, model.tar.gz."""

    UNCOMPRESSED = "uncompressed"
    TAR_GZ = "tar.gz"


class Endpoint(SpecPart):
    """The SageMaker endpoint. Without an instance type or count, the template's holds."""

    instance_type: InstanceType | None = Field(
        None, description="Such as ml.g4dn.xlarge. Default: the stack's parameter."
    )
    fallback_instance_types: Annotated[tuple[InstanceType, ...], Field(max_length=5)] = Field(
        (), description="Tried in this order where AWS has no capacity of the type before."
    )
    instance_count: Annotated[Whole, Field(ge=1, le=1000)] | None = Field(
        None, description="How many instances serve. Default: the stack's parameter."
    )
    inference_ami_version: InferenceAmiVersion | None = Field(
        None,
        description="The host image, which brings the NVIDIA driver. Default: the one that the "
        "Triton release needs, where that is known; `default`: SageMaker's own choice.",
    )
    model_download_timeout_seconds: Timeout = Field(
        1800, description="How long the archive's download and unpacking may take."
    )
    startup_timeout_seconds: Timeout = Field(
        900, description="How long the container may take until it is healthy, warm-up included."
    )
    time_to_live_hours: Positive | None = Field(
        None, description="The endpoint is retired this long after its last deployment."
    )
    data_capture_percent: Annotated[Whole, Field(ge=0, le=100)] | None = Field(
        None,
        description="How many of the requests are kept in S3 with their answers; 0: none. "
        "Default: the stack's parameter.",
    )

    @model_validator(mode="after")
    def _rungs_differ(self) -> Self:
        rungs = [self.instance_type, *self.fallback_instance_types]
        twice = [each for each in rungs if rungs.count(each) > 1]
        if twice:
            raise ValueError(f"should try each instance type once, not {twice[0]} again")
        return self


class Container(SpecPart):
    """The Triton container."""

    environment: dict[EnvironmentName, str] = Field(
        default_factory=dict,
        description='Environment variables, such as SAGEMAKER_TRITON_THREAD_COUNT: "4".',
        json_schema_extra={"propertyNames": {"pattern": ENVIRONMENT_NAME.pattern}},
    )
    network_isolation: Switch | None = Field(
        None,
        description="The container makes no outbound calls, and gets no AWS credentials. Default: "
        "the stack's parameter; where that is on, it stays on.",
    )

    @field_validator("environment", mode="after")
    @classmethod
    def _within_sagemakers_limits(cls, environment: dict[str, str]) -> dict[str, str]:
        if DEFAULT_MODEL_VARIABLE in environment:
            raise ValueError(f"must not hold {DEFAULT_MODEL_VARIABLE}: Modeldrop sets it")
        if len(environment) > _MAX_ENVIRONMENT_ENTRIES:
            raise ValueError(f"should have at most {_MAX_ENVIRONMENT_ENTRIES} entries")
        size = 0
        for name, value in environment.items():
            value_bytes = len(value.encode())
            if value_bytes > 1024:
                raise ValueError(f"should have at most 1,024 bytes for {name}")
            size += len(name) + value_bytes
        if size > _MAX_ENVIRONMENT_BYTES:
            raise ValueError(f"should have at most {_MAX_ENVIRONMENT_BYTES:,} bytes in all")
        return environment
