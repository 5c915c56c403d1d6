"""deploy.yaml: what its owner wishes for a model. Every key is optional.

The limits of the endpoint and the container are SageMaker's (CreateModel, CreateEndpointConfig API
reference); those of the model are Triton's (model configuration documentation). What each key is
for is said here once: docs/deploy.schema.json is written from it.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from model_packager.dtype import Dtype
from model_packager.load_profile import LoadProfile
from model_packager.operation_spec import Autoscaling, Rollout
from model_packager.resource_tags import MAX_TAGS, check_tag
from model_packager.spec_text import Document, Path, Place, invalid, joined, read_document
from model_packager.spec_values import (
    ENVIRONMENT_NAME,
    Dims,
    EnvironmentName,
    InstanceType,
    NotNegative,
    Number,
    Positive,
    Switch,
    TensorName,
    Timeout,
    Whole,
)

BESIDE = "deploy.yaml beside the model"
INSIDE = "extra/deploy.yaml inside the model"
DEFAULT_MODEL_VARIABLE = "SAGEMAKER_TRITON_DEFAULT_MODEL_NAME"

_MAX_ENVIRONMENT_ENTRIES = 100 - 1  # one of them is ours
_MAX_ENVIRONMENT_BYTES = 32 * 1024


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class TensorSpec(_Part):
    """One input or output, as Triton names it."""

    name: TensorName = Field(
        description="An input: the name of forward's argument, or any name with __<index>, or any "
        "name in forward's order. An output: any name with __<index>, or any in order."
    )
    dtype: Dtype = Field(description="Element type, by Triton's name.")
    dims: Dims = Field(
        description="Shape, -1 for a size that varies; without the batch dimension where "
        "max_batch_size is above 0."
    )
    example_dims: Dims | None = Field(
        None, description="Shape to test and to warm up with, where dims has a -1."
    )

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


def _on_or_off(value: Any) -> Any:
    if value is True:
        return {}
    return None if value is False else value


class DynamicBatching(_Part):
    """Triton's dynamic batcher: how long a request may wait for others to share a run with."""

    preferred_batch_sizes: tuple[Annotated[Whole, Field(ge=1)], ...] = Field(
        (), description="Sizes to run as soon as they are reached. Empty: any."
    )
    max_queue_delay_microseconds: Annotated[Whole, Field(ge=0, le=60_000_000)] = Field(
        100, description="How long a request may wait for others."
    )


class InstanceKind(StrEnum):
    """Where Triton runs a model. KIND_AUTO: on the GPUs where there are any, else on the CPU."""

    AUTO = "KIND_AUTO"
    CPU = "KIND_CPU"
    GPU = "KIND_GPU"


class InstanceGroup(_Part):
    """How many copies of the model one container runs."""

    count: Annotated[Whole, Field(ge=1, le=256)] = Field(
        1, description="Copies of the model; with GPUs, on each of them."
    )
    kind: InstanceKind = Field(InstanceKind.AUTO, description="Where they run.")


class ModelWarmup(_Part):
    """Requests that Triton answers itself before it says that it is ready."""

    data: Literal["zero", "random"] = Field(
        "zero",
        description="What the requests hold: zeros, or random bytes (which may be NaN as floats, "
        "and out of range as indices).",
    )
    batch_sizes: tuple[Annotated[Whole, Field(ge=1)], ...] = Field(
        (1,), description="A request for each size. Empty: no warm-up."
    )
    repeat: Annotated[Whole, Field(ge=1, le=100)] = Field(
        2,
        description="How often each is sent. TorchScript watches a model's first run and compiles "
        "it in the second.",
    )


class VersionPolicy(_Part):
    """Which of the repository's versions Triton serves: one of these keys."""

    latest: Annotated[Whole, Field(ge=1)] | None = Field(
        None, description="As many of the newest versions."
    )
    specific: Annotated[tuple[Annotated[Whole, Field(ge=1)], ...], Field(min_length=1)] | None = (
        Field(None, description="These versions.")
    )
    all: Literal[True] | None = Field(None, description="`true`: every version.")

    @model_validator(mode="after")
    def _one_that_serves(self) -> Self:
        said = [each for each in (self.latest, self.specific, self.all) if each is not None]
        if len(said) != 1:
            raise ValueError("should have exactly one of the keys latest, specific and all")
        if self.specific is not None and 1 not in self.specific:
            raise ValueError("specific should hold 1, the only version that a drop has")
        return self


class PytorchBackend(_Part):
    """Parameters of Triton's PyTorch backend. Without a value, the backend's own default holds.

    Source: triton-inference-server/pytorch_backend, README, "Parameters"; the tensor fuser was
    taken out of later releases, which pass over parameters that they do not know.
    """

    disable_optimized_execution: Switch | None = Field(
        None, description="Run TorchScript without its optimizations, whose first runs take long."
    )
    inference_mode: Switch | None = Field(
        None, description="Run without what autograd needs. On by default in current releases."
    )
    disable_cudnn: Switch | None = Field(None, description="Run without cuDNN.")
    enable_weight_sharing: Switch | None = Field(
        None, description="Copies on one device share their weights. Not for stateful models."
    )
    enable_cache_cleaning: Switch | None = Field(
        None, description="Give CUDA's cached memory back after each run, which costs time."
    )
    enable_jit_executor: Switch | None = Field(None, description="TorchScript's graph executor.")
    enable_jit_profiling: Switch | None = Field(
        None, description="TorchScript's profiling executor."
    )
    enable_tensor_fuser: Switch | None = Field(
        None, description="TorchScript's tensor expression fuser."
    )
    inter_op_thread_count: Annotated[Whole, Field(ge=1, le=1024)] | None = Field(
        None, description="CPU threads that run operators side by side."
    )
    intra_op_thread_count: Annotated[Whole, Field(ge=1, le=1024)] | None = Field(
        None, description="CPU threads that share the work of one operator."
    )


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


class Endpoint(_Part):
    """The SageMaker endpoint. Without an instance type or count, the template's holds."""

    instance_type: InstanceType | None = Field(
        None, description="Such as ml.g4dn.xlarge. Default: the stack's parameter."
    )
    fallback_instance_types: Annotated[tuple[InstanceType, ...], Field(max_length=5)] = Field(
        (), description="Tried in this order where AWS has no capacity of the type before."
    )
    instance_count: Annotated[Whole, Field(ge=1, le=1000)] | None = Field(
        None, description="Default: the stack's parameter."
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


class Container(_Part):
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


class Picture(_Part):
    """From a picture to a tensor [3, crop, crop], FP32: (pixel / 255 - mean) / std.

    The default is what torchvision's ImageNet classifiers were trained with.
    """

    resize: Annotated[Whole, Field(ge=1, le=8192)] = Field(
        256, description="Pixels that the shorter side is resized to."
    )
    crop: Annotated[Whole, Field(ge=1, le=8192)] = Field(
        224, description="Pixels of the square that is cut out of the centre."
    )
    interpolation: Literal["bilinear", "bicubic"] = Field(
        "bilinear", description="How the picture is resized."
    )
    mean: tuple[Number, Number, Number] = Field(
        (0.485, 0.456, 0.406), description="Of red, green and blue, of pixels / 255."
    )
    std: tuple[Positive, Positive, Positive] = Field(
        (0.229, 0.224, 0.225), description="Of red, green and blue, of pixels / 255."
    )

    @model_validator(mode="after")
    def _crop_fits(self) -> Self:
        if self.crop > self.resize:
            raise ValueError(f"crop {self.crop} should be at most resize {self.resize}")
        return self


class Tolerance(_Part):
    """How near one output must come; without a value, smoke_test.rtol and atol hold."""

    rtol: NotNegative | None = Field(None, description="Relatively.")
    atol: NotNegative | None = Field(None, description="Absolutely.")


REQUESTS_FOR_P50 = 5
REQUESTS_FOR_P95 = 21
"""The first is left out, and of fewer than 20 values the 95th percentile is just the largest."""


RequestFormat = Literal["binary", "json"]


class SmokeTest(_Part):
    """The requests that a new endpoint has to answer well, and how near its answers must come."""

    request_format: RequestFormat = Field(
        "binary", description="How tensors travel: Triton's binary protocol, or JSON."
    )
    requests: Annotated[Whole, Field(ge=1, le=1000)] = Field(
        5,
        description="How often the same request is sent; with max_p50_ms at least 5 times, with "
        "max_p95_ms at least 21 times.",
    )
    rtol: NotNegative = Field(
        1e-3,
        description="How near floats must come to sample/expected.npy, relatively, as "
        "numpy.allclose has it.",
    )
    atol: NotNegative = Field(
        1e-3,
        description="How near floats must come to sample/expected.npy, absolutely, as "
        "numpy.allclose has it.",
    )
    tolerances: dict[TensorName, Tolerance] = Field(
        default_factory=dict,
        description="rtol and atol of single outputs, by name. Whole numbers and booleans must be "
        "equal, unless their output is named here.",
    )
    deterministic: Switch = Field(
        True, description="The same request gets the same answer. `false` for models that sample."
    )
    batch_consistency: Switch = Field(
        True,
        description="A row gets the same answer alone, beside other rows, and beside other "
        "clients. `false`: only that a larger batch is answered.",
    )
    max_p50_ms: Positive | None = Field(
        None, description="The most that the median latency may be. Default: no limit."
    )
    max_p95_ms: Positive | None = Field(
        None,
        description="The most that the 95th percentile of the latency may be. Default: no limit.",
    )
    load: Annotated[
        LoadProfile | None,
        BeforeValidator(_on_or_off, json_schema_input_type=bool | LoadProfile | None),
    ] = Field(
        None,
        description="Ask with more and more clients at a time, and tell how fast the answers come. "
        "`true` stands for its defaults. Default: off.",
    )
    seed: Annotated[Whole, Field(ge=0, le=2**32 - 1)] = Field(
        0, description="Of the random data, where there is no sample."
    )
    picture: Picture = Field(Picture(), description="How sample/input.png becomes a tensor.")

    @property
    def requests_sent(self) -> int:
        """As many requests as are asked for, or more where a limit would mean nothing else."""
        for limit, needed in (
            (self.max_p95_ms, REQUESTS_FOR_P95),
            (self.max_p50_ms, REQUESTS_FOR_P50),
        ):
            if limit is not None:
                return max(self.requests, needed)
        return self.requests


def _warm_or_not(value: Any) -> Any:
    if value is True:
        return {}
    return {"batch_sizes": ()} if value is False else value


class DeploySpec(_Part):
    """The whole of deploy.yaml. Every key is optional."""

    max_batch_size: Annotated[Whole, Field(ge=0, le=65_536)] | None = Field(
        None,
        description="The most items that one request may hold; 0: the model has no batch "
        "dimension. Default: found out from the model.",
    )
    inputs: Annotated[tuple[TensorSpec, ...], Field(min_length=1, max_length=256)] | None = Field(
        None, description="What forward takes. Default: what the model was traced with."
    )
    outputs: Annotated[tuple[TensorSpec, ...], Field(min_length=1, max_length=256)] | None = Field(
        None, description="What forward returns. Default: as many tensors as it returns."
    )
    dynamic_batching: Annotated[
        DynamicBatching | None,
        BeforeValidator(_on_or_off, json_schema_input_type=bool | DynamicBatching | None),
    ] = Field(None, description="Triton's dynamic batcher. `true` stands for its defaults.")
    instance_group: InstanceGroup = Field(
        InstanceGroup(), description="Copies of the model in one container."
    )
    model_warmup: Annotated[
        ModelWarmup | None,
        BeforeValidator(_warm_or_not, json_schema_input_type=bool | ModelWarmup | None),
    ] = Field(
        None,
        description="Requests that Triton answers itself before it says that it is ready. `true` "
        "stands for its defaults. Default: on where every input is a float.",
    )
    version_policy: VersionPolicy | None = Field(
        None, description="Which versions Triton serves. Default: the latest."
    )
    pytorch_backend: PytorchBackend = Field(
        PytorchBackend(), description="Parameters of Triton's PyTorch backend."
    )
    package: Packaging = Field(
        Packaging.UNCOMPRESSED,
        description="How the model goes to SageMaker: `uncompressed`, copied within S3, or as an "
        "archive, `tar.gz`, which takes longer to make and to start from. Archives that are "
        "dropped stay archives.",
    )
    endpoint: Endpoint = Field(Endpoint(), description="The SageMaker endpoint.")
    rollout: Rollout = Field(Rollout(), description="How a new version goes live.")
    autoscaling: Autoscaling | None = Field(
        None, description="How many instances serve, by the requests that arrive. Default: fixed."
    )
    container: Container = Field(Container(), description="What the container is told.")
    tags: dict[str, str] = Field(
        default_factory=dict,
        description="Of the model's SageMaker resources; they win over those of the stack's "
        "parameter, key by key.",
        json_schema_extra={
            "maxProperties": MAX_TAGS,
            "propertyNames": {"maxLength": 128, "pattern": "^(?!aws:|modeldrop:)."},
        },
    )
    smoke_test: SmokeTest = Field(
        SmokeTest(), description="The requests that a new endpoint has to answer well."
    )

    @field_validator("inputs", "outputs", mode="after")
    @classmethod
    def _names_differ(cls, tensors: tuple[TensorSpec, ...] | None) -> tuple[TensorSpec, ...] | None:
        names = [tensor.name for tensor in tensors or ()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"should name each tensor once; {twice[0]!r} is there twice")
        return tensors

    @field_validator("tags", mode="after")
    @classmethod
    def _tags_are_taken(cls, tags: dict[str, str]) -> dict[str, str]:
        if len(tags) > MAX_TAGS:
            raise ValueError(f"should have at most {MAX_TAGS} entries")
        for key, value in tags.items():
            check_tag(key, value)
        return tags

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


@dataclass(frozen=True)
class ResolvedSpec:
    """A spec, and where in which text its values stand.

    Attributes:
        places: of each key or list item that was written, by its path.
    """

    spec: DeploySpec = field(default_factory=DeploySpec)
    places: Mapping[Path, Place] = field(default_factory=dict)


def parse_deploy_spec(text: str, *, origin: str) -> DeploySpec:
    """Read one deploy.yaml.

    Args:
        text: YAML 1.1; an empty text is a spec of defaults.
        origin: what to call the text in messages, such as "deploy.yaml beside the model".

    Raises:
        SpecRejected: names origin, line, column and key, and the nearest known key.
    """
    return _validated(read_document(text, origin))


def resolve_spec(beside: str | None, inside: str | None) -> DeploySpec:
    """Join the spec beside the model with the one inside it; see `resolve_with_places`."""
    return resolve_with_places(beside, inside).spec


def resolve_with_places(beside: str | None, inside: str | None) -> ResolvedSpec:
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
    if not documents:
        return ResolvedSpec()
    # Each alone may lack what the other says, so they are checked together.
    document = functools.reduce(joined, documents)
    return ResolvedSpec(_validated(document), document.places)


def _validated(document: Document) -> DeploySpec:
    try:
        return DeploySpec.model_validate(document.content)
    except ValidationError as error:
        raise invalid(document, error, DeploySpec) from error
