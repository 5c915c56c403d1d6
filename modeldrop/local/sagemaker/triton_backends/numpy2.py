"""Makes tensors work with NumPy 2; appended to Triton's triton_python_backend_utils.py.

The wheel's stub was built for NumPy 1. With NumPy 2, Tensor.as_numpy() repeats the first element,
Tensor(name, array) contains zero bytes, and a request with text ends the stub (seen with
nvidia-pytriton 0.7.0 and numpy 2.4). Numbers are converted through DLPack. DLPack does not support
text, so text is read from the tensor's memory, and returned as bytes whose type and shape are set
in the tensor's C++ object. An array without elements does not use DLPack, because the stub rejects
its strides ("DLPack tensor is not contiguous"); zero bytes are correct there.
"""

import ctypes
import sys

import c_python_backend_utils
import numpy

_TEXT = 13  # TRITONSERVER_TYPE_BYTES (core, tritonserver.h)
_Tensor = c_python_backend_utils.Tensor
_utilities = sys.modules[__name__]
_new_of_stub, _init_of_stub = _Tensor.__new__, _Tensor.__init__


class _Native(ctypes.Structure):
    """The members of PbTensor up to byte_size_ (python_backend, src/pb_tensor.h, release 24.10)."""

    _fields_ = (
        ("name", ctypes.c_byte * 32),
        ("arrays", ctypes.c_void_p * 2),
        ("dtype", ctypes.c_int),
        ("memory", ctypes.c_void_p),
        ("memory_type_id", ctypes.c_int64),
        ("dims", ctypes.POINTER(ctypes.c_int64)),
        ("dims_end", ctypes.c_void_p),
        ("dims_capacity", ctypes.c_void_p),
        ("memory_type", ctypes.c_int),
        ("byte_size", ctypes.c_uint64),
    )

    @classmethod
    def of(cls, tensor):
        """Return the C++ object, whose address follows the header of pybind11's Python object."""
        return ctypes.POINTER(cls).from_address(id(tensor) + object.__basicsize__).contents

    @property
    def shape(self):
        rank = (self.dims_end - ctypes.addressof(self.dims.contents)) // 8
        return self.dims[:rank]


class _Capsule:
    def __init__(self, tensor):
        self.tensor = tensor

    def __dlpack__(self, **_):
        return self.tensor.to_dlpack()

    def __dlpack_device__(self):
        return (1, 0)  # kDLCPU


class _Unread:
    """The array of a text tensor that the stub creates; as_numpy() reads the text."""

    def reshape(self, dims):
        return numpy.empty(dims, object)


def _as_numpy(tensor):
    native = _Native.of(tensor)
    if native.dtype != _TEXT:
        return numpy.from_dlpack(_Capsule(tensor))
    content = ctypes.string_at(native.memory, native.byte_size)
    return _deserialize(content).reshape(native.shape)


def _new(_kind, name, array):
    if array.dtype.kind in "SU":
        raise TypeError(
            f"modeldrop: {name} has the dtype {array.dtype}; Triton's Python backend takes text as "
            "numpy.object_"
        )
    if array.dtype == object:
        return _new_text(name, numpy.atleast_1d(array))
    if array.size == 0:
        tensor = _new_of_stub(_Tensor)
        _init_of_stub(tensor, name, array)
        return tensor
    return _Tensor.from_dlpack(name, numpy.array(array, order="C", copy=True))


def _new_text(name, array):
    content = bytearray(_utilities.serialize_byte_tensor(array) or b"")
    one_row = numpy.frombuffer(content, numpy.uint8).reshape(*[1] * (array.ndim - 1), -1)
    tensor = _Tensor.from_dlpack(name, one_row)
    native = _Native.of(tensor)
    native.dtype = _TEXT
    for axis, size in enumerate(array.shape):
        native.dims[axis] = size
    return tensor


if int(numpy.__version__.partition(".")[0]) >= 2:
    _deserialize = _utilities.deserialize_bytes_tensor
    _utilities.deserialize_bytes_tensor = lambda _encoded: _Unread()
    _Tensor.as_numpy = _as_numpy
    _Tensor.__new__ = staticmethod(_new)
    _Tensor.__init__ = lambda _tensor, *_arguments: None
