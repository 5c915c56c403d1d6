"""Tensor element types, by Triton's names."""

from __future__ import annotations

from enum import StrEnum


class Dtype(StrEnum):
    """The supported element types, by the names of config.pbtxt (there with TYPE_ in front).

    Triton's PyTorch backend supports these types. It does not support BF16, UINT16, UINT32, UINT64
    and complex numbers. Source: `ModelConfigDataTypeToTorchType` in
    triton-inference-server/pytorch_backend, src/libtorch_utils.cc.
    """

    BOOL = "BOOL"
    UINT8 = "UINT8"
    INT8 = "INT8"
    INT16 = "INT16"
    INT32 = "INT32"
    INT64 = "INT64"
    FP16 = "FP16"
    FP32 = "FP32"
    FP64 = "FP64"
    STRING = "STRING"

    @classmethod
    def _missing_(cls, value: object) -> Dtype | None:
        """Accept the name of requests, too."""
        return cls.STRING if value == _BYTES else None

    @property
    def datatype(self) -> str:
        """The name in requests and responses (KServe protocol version 2, "Tensor Data Types")."""
        return _BYTES if self is Dtype.STRING else self.value


_BYTES = "BYTES"

NUMBERS = tuple(each for each in Dtype if each is not Dtype.STRING)
"""The types that a tensor of PyTorch can have; text is a List[str] there."""


def config_name(datatype: str) -> str:
    """Return the config.pbtxt name of a response's type, even if it is not a Dtype."""
    return Dtype.STRING.value if datatype == _BYTES else datatype


OF_TORCH_STORAGE = {
    "BoolStorage": Dtype.BOOL,
    "ByteStorage": Dtype.UINT8,
    "CharStorage": Dtype.INT8,
    "ShortStorage": Dtype.INT16,
    "IntStorage": Dtype.INT32,
    "LongStorage": Dtype.INT64,
    "HalfStorage": Dtype.FP16,
    "FloatStorage": Dtype.FP32,
    "DoubleStorage": Dtype.FP64,
}
"""Element types, by the storage class that a pickled torch tensor names."""

OF_TORCH_DTYPE = {
    "torch.bool": Dtype.BOOL,
    "torch.uint8": Dtype.UINT8,
    "torch.int8": Dtype.INT8,
    "torch.int16": Dtype.INT16,
    "torch.int32": Dtype.INT32,
    "torch.int64": Dtype.INT64,
    "torch.float16": Dtype.FP16,
    "torch.float32": Dtype.FP32,
    "torch.float64": Dtype.FP64,
}
"""Element types, by `str(tensor.dtype)`."""
