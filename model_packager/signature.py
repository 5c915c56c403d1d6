"""The inputs and outputs of a model, as config.pbtxt declares them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from model_packager.dtype import Dtype

DEFAULT_MAX_BATCH_SIZE = 8

MAX_TENSORS = 1024
"""The maximum number of inputs or outputs. A language model with a cache has 250."""


class Tensor(BaseModel):
    """One input or output of the served model.

    Attributes:
        name: the name in requests and responses.
        dtype: element type, by Triton's name.
        dims: the shape as in config.pbtxt, -1 for a size that varies; without the batch dimension
            if `Signature.max_batch_size` is above 0.
        example_dims: an input's shape in tests, without variable sizes; None for outputs.
        assumed: whether the output is not declared. Then its type is that of the first float input,
            or FP32, and the dims [-1] mean any shape of any rank.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: str
    dtype: Dtype
    dims: tuple[int, ...]
    example_dims: tuple[int, ...] | None = None
    assumed: bool = False


class Signature(BaseModel):
    """The inputs and outputs of the served model, in the order of `forward` if it is known.

    Attributes:
        inputs: all inputs.
        outputs: the served outputs.
        max_batch_size: the largest batch; 0 if there is no batch dimension.
        completed_by_triton: whether config.pbtxt omits the outputs, so that Triton's ONNX Runtime
            backend adds them with the shapes that ONNX Runtime infers.
        sequences: whether each request has one row and belongs to a sequence (`sequence_batching`).
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
