"""Appended to Triton's triton_python_backend_utils.py: converts arrays through DLPack.

The wheel's stub was built for NumPy 1. With NumPy 2, Tensor.as_numpy() repeats the first element,
and Tensor(name, array) contains zero bytes (seen with nvidia-pytriton 0.7.0 and numpy 2.4). DLPack
does not support text (dtype object), so text is rejected. For an array without elements zero bytes
are right, and DLPack is not: NumPy and PyTorch give it strides that the stub rejects ("DLPack
tensor is not contiguous").
"""


def _use_dlpack():
    import c_python_backend_utils
    import numpy

    if int(numpy.__version__.partition(".")[0]) < 2:
        return
    tensor_type = c_python_backend_utils.Tensor
    new_of_stub, init_of_stub = tensor_type.__new__, tensor_type.__init__

    class Capsule:
        def __init__(self, tensor):
            self.tensor = tensor

        def __dlpack__(self, **_):
            return self.tensor.to_dlpack()

        def __dlpack_device__(self):
            return (1, 0)  # kDLCPU

    def as_numpy(tensor):
        return numpy.from_dlpack(Capsule(tensor))

    def new(_kind, name, array):
        if array.dtype == object or array.dtype.kind in "SU":
            raise TypeError(
                f"modeldrop: {name} is text, which the embedded cloud's Python backend does not "
                "support; Triton's own backend does"
            )
        if array.size == 0:
            tensor = new_of_stub(tensor_type)
            init_of_stub(tensor, name, array)
            return tensor
        return tensor_type.from_dlpack(name, numpy.array(array, order="C", copy=True))

    tensor_type.as_numpy = as_numpy
    tensor_type.__new__ = staticmethod(new)
    tensor_type.__init__ = lambda _tensor, *_arguments: None


_use_dlpack()
