"""deploy.yaml: what its owner wishes for a model. Every key is optional.

The limits of the endpoint and the container are SageMaker's (CreateModel, CreateEndpointConfig API
reference); those of the model are Triton's (model configuration documentation).
"""

import functools
import re
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from model_packager.dtype import Dtype
from model_packager.spec_text import Document, invalid, joined, read_document

BESIDE = "deploy.yaml beside the model"
INSIDE = "extra/deploy.yaml inside the model"
DEFAULT_MODEL_VARIABLE = "SAGEMAKER_TRITON_DEFAULT_MODEL_NAME"

_MAX_ENVIRONMENT_ENTRIES = 100 - 1  # one of them is ours
_MAX_ENVIRONMENT_BYTES = 32 * 1024


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("should be a number")  # pydantic takes true for 1
    return value


def _dimension(size: int) -> int:
    if size == 0 or size < -1:
        raise ValueError("should be a positive number, or -1 for a size that varies")
    return size


def _tensor_name(name: str) -> str:
    if not re.fullmatch(r"""[^\s"'\\\x00-\x1f\x7f]{1,200}""", name):
        raise ValueError("should have 1 to 200 characters, no spaces, quotes or backslashes")
    return name


def _instance_type(name: str) -> str:
    if not re.fullmatch(r"ml\.[a-z0-9-]+\.[a-z0-9]+", name):
        raise ValueError("should be a SageMaker instance type, such as ml.g4dn.xlarge")
    return name


def _environment_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,1023}", name):
        raise ValueError("should have letters, digits and underscores, the first no digit")
    return name


Whole = Annotated[int, Field(strict=True)]
"""Neither "8", nor 8.0, nor true."""

Number = Annotated[float, BeforeValidator(_no_boolean), Field(allow_inf_nan=False)]
"""Also "1e-3", which YAML 1.1 takes for text, since it has no dot."""

Timeout = Annotated[Whole, Field(ge=60, le=3600)]
Dims = Annotated[
    tuple[Annotated[Whole, AfterValidator(_dimension), Field(le=2**31 - 1)], ...],
    Field(min_length=1, max_length=16),
]
TensorName = Annotated[str, AfterValidator(_tensor_name)]
InstanceType = Annotated[str, AfterValidator(_instance_type)]
EnvironmentName = Annotated[str, AfterValidator(_environment_name)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TensorSpec(_Part):
    """One input or output, as Triton names it.

    Attributes:
        dims: shape, -1 for a size that varies; without the batch dimension where max_batch_size
            is above 0.
        example_dims: shape to test with, where `dims` has a -1.
    """

    name: TensorName
    dtype: Dtype
    dims: Dims
    example_dims: Dims | None = None

    @model_validator(mode="after")
    def _example_fits(self) -> Self:
        if self.example_dims is None:
            return self
        fits = len(self.example_dims) == len(self.dims) and all(
            example > 0 and size in (-1, example)
            for example, size in zip(self.example_dims, self.dims, strict=True)
        )
        if not fits:
            raise ValueError(
                f"example_dims {list(self.example_dims)} should be dims {list(self.dims)} with "
                "every -1 replaced by a positive number"
            )
        return self


class DynamicBatching(_Part):
    """Triton's dynamic batcher: how long a request may wait for others to share a run with."""

    preferred_batch_sizes: tuple[Annotated[Whole, Field(ge=1)], ...] = ()
    max_queue_delay_microseconds: Annotated[Whole, Field(ge=0, le=60_000_000)] = 100


class InstanceKind(StrEnum):
    """Where Triton runs a model. KIND_AUTO: on the GPUs where there are any, else on the CPU."""

    AUTO = "KIND_AUTO"
    CPU = "KIND_CPU"
    GPU = "KIND_GPU"


class InstanceGroup(_Part):
    """How many copies of the model one container runs (with GPUs: on each of them)."""

    count: Annotated[Whole, Field(ge=1, le=256)] = 1
    kind: InstanceKind = InstanceKind.AUTO


class Endpoint(_Part):
    """The SageMaker endpoint. Without an instance type or count, the template's holds."""

    instance_type: InstanceType | None = None
    instance_count: Annotated[Whole, Field(ge=1, le=1000)] | None = None
    model_download_timeout_seconds: Timeout = 1800
    startup_timeout_seconds: Timeout = 900


class Container(_Part):
    """Environment variables of the Triton container."""

    environment: dict[EnvironmentName, str] = Field(default_factory=dict)

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


class Picture(_Part):
    """From a picture to a tensor [3, crop, crop], FP32: (pixel / 255 - mean) / std.

    The shorter side is resized to `resize` pixels, then the centre is cropped. The default is what
    torchvision's ImageNet classifiers were trained with.
    """

    resize: Annotated[Whole, Field(ge=1, le=8192)] = 256
    crop: Annotated[Whole, Field(ge=1, le=8192)] = 224
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    mean: tuple[Number, Number, Number] = (0.485, 0.456, 0.406)
    std: tuple[
        Annotated[Number, Field(gt=0)],
        Annotated[Number, Field(gt=0)],
        Annotated[Number, Field(gt=0)],
    ] = (0.229, 0.224, 0.225)

    @model_validator(mode="after")
    def _crop_fits(self) -> Self:
        if self.crop > self.resize:
            raise ValueError(f"crop {self.crop} should be at most resize {self.resize}")
        return self


class SmokeTest(_Part):
    """The requests that a new endpoint has to answer well, and how near its answers must come."""

    request_format: Literal["binary", "json"] = "binary"
    requests: Annotated[Whole, Field(ge=1, le=1000)] = 5
    rtol: Annotated[Number, Field(ge=0)] = 1e-3
    atol: Annotated[Number, Field(ge=0)] = 1e-3
    seed: Annotated[Whole, Field(ge=0, le=2**32 - 1)] = 0
    picture: Picture = Picture()


def _on_or_off(value: Any) -> Any:
    if value is True:
        return {}
    return None if value is False else value


class DeploySpec(_Part):
    """The whole of deploy.yaml.

    Attributes:
        max_batch_size: the most that one request may hold; 0: the model has no batch dimension;
            None: found out from the model.
        inputs: None: found out from the model.
        outputs: None: as many as the model returns.
        dynamic_batching: `true` stands for its defaults, `false` for None.
    """

    max_batch_size: Annotated[Whole, Field(ge=0, le=65_536)] | None = None
    inputs: Annotated[tuple[TensorSpec, ...], Field(min_length=1, max_length=256)] | None = None
    outputs: Annotated[tuple[TensorSpec, ...], Field(min_length=1, max_length=256)] | None = None
    dynamic_batching: Annotated[DynamicBatching | None, BeforeValidator(_on_or_off)] = None
    instance_group: InstanceGroup = InstanceGroup()
    endpoint: Endpoint = Endpoint()
    container: Container = Container()
    smoke_test: SmokeTest = SmokeTest()

    @field_validator("inputs", "outputs", mode="after")
    @classmethod
    def _names_differ(cls, tensors: tuple[TensorSpec, ...] | None) -> tuple[TensorSpec, ...] | None:
        names = [tensor.name for tensor in tensors or ()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"should name each tensor once; {twice[0]!r} is there twice")
        return tensors

    @model_validator(mode="after")
    def _batching_agrees(self) -> Self:
        if self.dynamic_batching is None or self.max_batch_size is None:
            return self
        if self.max_batch_size < 2:
            raise ValueError(
                f"dynamic_batching needs max_batch_size 2 or more, and it is {self.max_batch_size}"
            )
        largest = max(self.dynamic_batching.preferred_batch_sizes, default=0)
        if largest > self.max_batch_size:
            raise ValueError(
                f"preferred_batch_sizes has {largest}, and max_batch_size is {self.max_batch_size}"
            )
        return self


def parse_deploy_spec(text: str, *, origin: str) -> DeploySpec:
    """Read one deploy.yaml.

    Args:
        text: YAML 1.1; an empty text is a spec of defaults.
        origin: what to call the text in messages, such as "deploy.yaml beside the model".

    Raises:
        SpecRejected: names origin, line and key, and the nearest known key.
    """
    return _validated(read_document(text, origin))


def resolve_spec(beside: str | None, inside: str | None) -> DeploySpec:
    """Join the spec beside the model with the one inside it.

    Mappings are joined key by key, and the one beside wins; lists replace lists.

    Args:
        beside: text of the deploy.yaml beside the model, None where there is none.
        inside: text of `extra/deploy.yaml` in the TorchScript archive, None where there is none.

    Raises:
        SpecRejected: one of them is wrong, or the two contradict each other.
    """
    documents = [
        read_document(text, origin)
        for text, origin in ((inside, INSIDE), (beside, BESIDE))
        if text is not None
    ]
    # Each alone may lack what the other says, so they are checked together.
    return _validated(functools.reduce(joined, documents)) if documents else DeploySpec()


def _validated(document: Document) -> DeploySpec:
    try:
        return DeploySpec.model_validate(document.content)
    except ValidationError as error:
        raise invalid(document, error, DeploySpec) from error
