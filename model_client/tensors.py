"""Creates a request's tensors from the golden sample, or from seeded random data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from tritonclient.utils import triton_to_np_dtype

from model_client.arrays import read_numpy
from model_client.errors import InvalidTensor
from model_client.json_input import read_json
from model_client.picture import picture_tensor
from model_client.text import is_text, text_array
from model_packager.aws_limits import INVOCATION_BYTES
from model_packager.dtype import Dtype
from model_packager.golden_sample import PICTURE_SUFFIXES, SIZE_LIMIT
from model_packager.rejection import SpecRejected, reason_of
from model_packager.sagemaker.payload_fit import check_random_request, example_shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model_client.arrays import Tensors
    from model_client.sample_file import File
    from model_packager.signature import Signature, Tensor
    from model_packager.spec.smoke_test_spec import SmokeTest

RANDOM_WORDS = (b"a good day", b"not so bad", b"red apple", b"hello world", b"one two", b"rain")
"""Random texts of at most RANDOM_WORD_BYTES."""

TENSOR_BYTES = 4 * SIZE_LIMIT
"""The limit for an array in the model's dtype. A file of UINT8 grows to four times its size for a
model that takes FP32."""

_TEXT_BYTES = 64
"""The memory for one short text as a Python object."""


@dataclass(frozen=True)
class TestInput:
    """The tensors of a request by input name, with the batch dimension if the model has one."""

    description: str
    tensors: Tensors
    is_random: bool = False


def input_of(
    sample: File | None,
    signature: Signature,
    smoke_test: SmokeTest,
    limit: int = INVOCATION_BYTES.value,
) -> TestInput:
    """Return the golden sample, or random data with the right shapes and dtypes.

    Args:
        sample: the file; None for random data.
        signature: the model's inputs.
        smoke_test: the spec with the seed, and the preprocessing of pictures.
        limit: the maximum size of a request in bytes.

    Raises:
        InvalidTensor: the sample cannot be read, or does not fit the model's inputs.
    """
    if sample is None:
        _expect_small_request(signature, limit)
        random = np.random.default_rng(smoke_test.seed)
        return TestInput(
            f"random data, seed {smoke_test.seed}",
            {
                tensor.name: _batched(_random_array(tensor, random), tensor, signature)
                for tensor in signature.inputs
            },
            is_random=True,
        )
    arrays = _read_arrays(sample, signature, smoke_test)
    _expect_names(sample.name, set(arrays), signature)
    return TestInput(
        sample.name,
        {
            tensor.name: _fitted(sample.name, arrays[tensor.name], tensor, signature)
            for tensor in signature.inputs
        },
    )


def _expect_small_request(signature: Signature, limit: int) -> None:
    """Reject random data that would not fit into a request, and may not fit into memory."""
    try:
        check_random_request(signature, limit)
    except SpecRejected as rejection:
        raise InvalidTensor(rejection.cause, rejection.fix) from rejection


def _read_arrays(sample: File, signature: Signature, smoke_test: SmokeTest) -> Tensors:
    first = signature.inputs[0].name
    if sample.name.lower().endswith(PICTURE_SUFFIXES):
        return {first: picture_tensor(sample, smoke_test.picture)}
    if sample.name.lower().endswith((".json", ".jsonl")):
        return read_json(sample)
    return read_numpy(sample, first)


def _expect_names(file: str, names: set[str], signature: Signature) -> None:
    wanted = {tensor.name for tensor in signature.inputs}
    if names != wanted:
        raise InvalidTensor(
            f"{file} contains {_listed(names)}, but the model takes {_listed(wanted)}.",
            "Write the arrays with numpy.savez or as JSON, under the names of the model's inputs.",
        )


def _listed(names: set[str]) -> str:
    return f"{', '.join(sorted(names)):.300}" or "nothing"


def _fitted(
    file: str, array: NDArray[np.generic], tensor: Tensor, signature: Signature
) -> NDArray[np.generic]:
    """Check an array of the sample against the input. It may omit the batch dimension."""
    if array.ndim == len(tensor.dims):
        array = _batched(array, tensor, signature)
    batched = [-1, *tensor.dims] if signature.max_batch_size else list(tensor.dims)
    fits = array.ndim == len(batched) and all(
        want in (-1, have) for want, have in zip(batched, array.shape, strict=True)
    )
    if not fits or not _has_kind(array, tensor.dtype):
        found = "text" if is_text(array) else f"{array.dtype!s:.60}"
        raise InvalidTensor(
            f"{file} has {found} {list(array.shape)} for {tensor.name}, but the model "
            f"takes {tensor.dtype} {batched}.",
            "Write the sample in the model's own shape and dtype, then upload the model again.",
        )
    _expect_small(file, array, tensor)
    if is_text(array):
        return sample_texts(file, array)
    return np.ascontiguousarray(array, dtype=triton_to_np_dtype(tensor.dtype))


def _expect_small(file: str, array: NDArray[np.generic], tensor: Tensor) -> None:
    """Reject an array that would not fit into memory in the model's dtype, before converting it."""
    is_number = tensor.dtype is not Dtype.STRING
    item = np.dtype(triton_to_np_dtype(tensor.dtype)).itemsize if is_number else _TEXT_BYTES
    if array.size * item > TENSOR_BYTES:
        raise InvalidTensor(
            f"{file} has {array.size:,} elements for {tensor.name}, but at most "
            f"{TENSOR_BYTES // item:,} of {tensor.dtype} are read.",
            "Use a smaller file, then upload the model again.",
        )


def sample_texts(file: str, array: NDArray[np.generic]) -> NDArray[np.object_]:
    """Return the text of a golden sample, which must be UTF-8 to be valid in JSON.

    Raises:
        InvalidTensor: the text is not UTF-8.
    """
    try:
        texts = text_array(array)
        for each in texts.reshape(-1):
            each.decode()
    except ValueError as error:
        raise InvalidTensor(
            f"{file} has text that is not UTF-8: {reason_of(error)}.",
            "Write the text as UTF-8 (bytes of files: as UINT8), then upload the model again.",
        ) from error
    return texts


def _has_kind(array: NDArray[np.generic], dtype: Dtype) -> bool:
    """Return whether the kind of number fits. The width may differ: NumPy's default is 64 bits."""
    if is_text(array) or dtype is Dtype.STRING:
        return is_text(array) and dtype is Dtype.STRING
    return np.can_cast(array.dtype, triton_to_np_dtype(dtype), "same_kind")


def _batched(
    array: NDArray[np.generic], tensor: Tensor, signature: Signature
) -> NDArray[np.generic]:
    has_room = signature.max_batch_size > 0 and array.ndim == len(tensor.dims)
    return array[np.newaxis] if has_room else array


def _random_array(tensor: Tensor, random: np.random.Generator) -> NDArray[np.generic]:
    """Return normal floats, or integers 0 and 1, which are in every vocabulary and mask."""
    shape = example_shape(tensor)
    if tensor.dtype is Dtype.STRING:
        return random.choice(np.array(RANDOM_WORDS, np.object_), shape)
    dtype = triton_to_np_dtype(tensor.dtype)
    if np.issubdtype(dtype, np.floating):
        return random.standard_normal(shape).astype(dtype)
    return random.integers(0, 2, shape).astype(dtype)
