"""The inputs and outputs of a model, as config.pbtxt declares them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from model_packager.dtype import Dtype

DEFAULT_MAX_BATCH_SIZE = 8

MAX_TENSORS = 1024
"""Inputs or outputs of a model. A language model with a cache has 250."""


class Tensor(BaseModel):
    """One input or output of the served model.

    Attributes:
        name: as requests and responses call it.
        dtype: element type, by Triton's name.
        dims: shape as in config.pbtxt, -1 for a size that varies; without the batch dimension
            where `Signature.max_batch_size` is above 0.
        example_dims: an input's shape to test with, every size known; None for outputs.
        assumed: the output is not declared. Its type is that of the first float input, or FP32, and
            dims [-1] means any shape of any rank.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: str
    dtype: Dtype
    dims: tuple[int, ...]
    example_dims: tuple[int, ...] | None = None
    assumed: bool = False


class Signature(BaseModel):
    """The inputs and outputs of the served model, in `forward`'s order if that is known.

    Attributes:
        inputs: all of them.
        outputs: those that are served.
        max_batch_size: 0: there is no batch dimension.
        completed_by_triton: config.pbtxt omits the outputs, and Triton's ONNX Runtime backend
            completes them with the shapes that ONNX Runtime infers.
        sequences: each request belongs to a sequence of requests (`sequence_batching`), and has one
            row.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    max_batch_size: int
    completed_by_triton: bool = False
    sequences: bool = False

    @property
    def supports_json(self) -> bool:
        """Whether Triton accepts and returns the model's tensors as JSON.

        It refuses FP16 there (triton-inference-server/server, src/http_server.cc: "sending FP16
        data via JSON is not supported").
        """
        return all(each.dtype != Dtype.FP16 for each in (*self.inputs, *self.outputs))
