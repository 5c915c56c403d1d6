"""The Triton part of deploy.yaml: tensors, batching, instances, warm-up and backend.

The limits are Triton's (model configuration documentation).
"""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from model_packager.dtype import Dtype
from model_packager.spec.base import SpecPart
from model_packager.spec.value_types import Dims, Switch, TensorName, Whole

MAX_ITEMS = 32
MAX_UINT32, MAX_INT64 = 2**32 - 1, 2**63 - 1

BatchSizes = Annotated[
    tuple[Annotated[Whole, Field(ge=1, le=65_536)], ...], Field(max_length=MAX_ITEMS)
]


class TensorSpec(SpecPart):
    """One input or output of the model, as config.pbtxt declares it."""

    name: TensorName = Field(
        description="For an input: the name of forward's argument, or `<name>__<index>`, or any "
        "name in forward's order. For an output: `<name>__<index>`, or any name in order."
    )
    dtype: Dtype = Field(
        description="Element type, as config.pbtxt names it, without TYPE_. Text is STRING."
    )
    dims: Dims = Field(
        description="Shape, with -1 for a variable size. If max_batch_size is above 0, leave out "
        "the batch dimension."
    )
    example_dims: Dims | None = Field(
        None, description="Shape for the smoke test and the warm-up, if dims has a -1."
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


class DynamicBatching(SpecPart):
    """Triton's dynamic batcher, which combines requests into one batch."""

    preferred_batch_sizes: BatchSizes = Field(
        (), description="Batch sizes that run as soon as they are reached. Empty: any size."
    )
    max_queue_delay_microseconds: Annotated[Whole, Field(ge=0, le=60_000_000)] = Field(
        100, description="How long a request may wait for other requests."
    )


class InstanceKind(StrEnum):
    """Where Triton runs a model. KIND_AUTO: on the GPUs if there are any, else on the CPU."""

    AUTO = "KIND_AUTO"
    CPU = "KIND_CPU"
    GPU = "KIND_GPU"


class InstanceGroup(SpecPart):
    """How many instances of the model one container runs, and where."""

    count: Annotated[Whole, Field(ge=1, le=256)] = Field(
        1, description="Number of model instances; on each GPU if there are several."
    )
    kind: InstanceKind = Field(InstanceKind.AUTO, description="Where the instances run.")


class ModelWarmup(SpecPart):
    """Requests that Triton sends to the model before it reports ready."""

    data: Literal["zero", "random"] = Field(
        "zero",
        description="Content of the requests: zeros, or random bytes (which can be NaN as floats, "
        "and out of range as indices). Text is always empty.",
    )
    batch_sizes: BatchSizes = Field(
        (1,), description="One request for each batch size. Empty: no warm-up."
    )
    repeat: Annotated[Whole, Field(ge=1, le=100)] = Field(
        2,
        description="How often each request is sent. TorchScript profiles the first run and "
        "compiles in the second.",
    )


class VersionPolicy(SpecPart):
    """Which versions in the model repository Triton serves: exactly one of these keys."""

    latest: Annotated[Whole, Field(ge=1, le=MAX_UINT32)] | None = Field(
        None, description="Number of newest versions."
    )
    specific: (
        Annotated[
            tuple[Annotated[Whole, Field(ge=1, le=MAX_INT64)], ...],
            Field(min_length=1, max_length=MAX_ITEMS),
        ]
        | None
    ) = Field(None, description="Version numbers.")
    all: Literal[True] | None = Field(None, description="`true`: every version.")

    @model_validator(mode="after")
    def _serves_version_1(self) -> Self:
        values = [each for each in (self.latest, self.specific, self.all) if each is not None]
        if len(values) != 1:
            raise ValueError("should have exactly one of the keys latest, specific and all")
        if self.specific is not None and 1 not in self.specific:
            raise ValueError("specific should contain 1, the only version that a drop has")
        return self


class PytorchBackend(SpecPart):
    """Parameters of Triton's PyTorch backend. Without a value, the backend's default applies.

    Source: triton-inference-server/pytorch_backend, README, "Parameters"; later releases
    have no tensor fuser, and ignore unknown parameters.
    """

    disable_optimized_execution: Switch | None = Field(
        None, description="Run TorchScript without optimizations, which slow down the first runs."
    )
    inference_mode: Switch | None = Field(
        None, description="Run in PyTorch's inference mode. On by default in current releases."
    )
    disable_cudnn: Switch | None = Field(None, description="Run without cuDNN.")
    enable_weight_sharing: Switch | None = Field(
        None, description="Instances on one device share weights. Not for stateful models."
    )
    enable_cache_cleaning: Switch | None = Field(
        None, description="Free cached CUDA memory after each run, which takes time."
    )
    enable_jit_executor: Switch | None = Field(
        None, description="Use TorchScript's graph executor."
    )
    enable_jit_profiling: Switch | None = Field(
        None, description="Use TorchScript's profiling executor."
    )
    enable_tensor_fuser: Switch | None = Field(
        None, description="Use TorchScript's tensor expression fuser."
    )
    inter_op_thread_count: Annotated[Whole, Field(ge=1, le=1024)] | None = Field(
        None, description="CPU threads that run operators in parallel."
    )
    intra_op_thread_count: Annotated[Whole, Field(ge=1, le=1024)] | None = Field(
        None, description="CPU threads within one operator."
    )


def warmup_from_switch(value: Any) -> Any:
    """Read `true` as a default warm-up, and `false` as a warm-up without requests."""
    if value is True:
        return {}
    return {"batch_sizes": ()} if value is False else value
