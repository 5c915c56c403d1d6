"""What deploy.yaml says of a model in Triton: its tensors, batching, copies, warm-up, backend.

The limits are Triton's (model configuration documentation).
"""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from model_packager.dtype import Dtype
from model_packager.spec.base import SpecPart
from model_packager.spec.value_types import Dims, Switch, TensorName, Whole


class TensorSpec(SpecPart):
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


class DynamicBatching(SpecPart):
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


class InstanceGroup(SpecPart):
    """How many copies of the model one container runs."""

    count: Annotated[Whole, Field(ge=1, le=256)] = Field(
        1, description="Copies of the model; with GPUs, on each of them."
    )
    kind: InstanceKind = Field(InstanceKind.AUTO, description="Where they run.")


class ModelWarmup(SpecPart):
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


class VersionPolicy(SpecPart):
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


class PytorchBackend(SpecPart):
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


def warm_or_not(value: Any) -> Any:
    """Take `true` for a warm-up by the defaults, and `false` for one without requests."""
    if value is True:
        return {}
    return {"batch_sizes": ()} if value is False else value
