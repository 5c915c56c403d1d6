"""Tensor element types, by Triton's names."""

from enum import StrEnum


class Dtype(StrEnum):
    """What Triton's PyTorch backend takes as a numeric tensor.

    BF16, UINT16, UINT32, UINT64 and complex numbers are not among them, and STRING travels as a
    List[str], never as a tensor. Source: `ModelConfigDataTypeToTorchType` in
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
"""The storage class that a pickled torch tensor names, to its element type."""

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
"""`str(tensor.dtype)` to its element type."""
