from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model_client import tensors
from model_client.errors import InvalidTensor
from model_client.sample_file import File
from model_client.tensors import RANDOM_WORDS, input_of
from model_client.text import text_array
from model_packager.dtype import Dtype
from model_packager.sagemaker.payload_fit import RANDOM_WORD_BYTES, SIZE_OF_VARYING_DIM
from model_packager.signature import Signature, Tensor
from model_packager.spec.smoke_test_spec import SmokeTest
from tests.unit.functions.samples import signature, tensor
from tests.unit.functions.triton_responses import floats
from tests.unit.model_client.numpy_files import npy, npz

if TYPE_CHECKING:
    from model_client.tensors import TestInput

CAT = Path(__file__).parents[3] / "examples" / "sample" / "input.png"
PICTURE_MODEL = signature((tensor("INPUT__0", 3, 224, 224),))


def make_input(sample: File | None, model_signature: Signature, **smoke_test: Any) -> TestInput:
    return input_of(sample, model_signature, SmokeTest.model_validate(smoke_test))


@pytest.mark.parametrize("dtype", Dtype)
def test_random_data_have_shape_and_dtype(dtype: Dtype) -> None:
    found = make_input(None, signature((tensor("x", 3, 5, dtype=dtype),))).tensors["x"]
    assert found.shape == (1, 3, 5)
    assert np.dtype(found.dtype).name == {
        "BOOL": "bool",
        "FP16": "float16",
        "FP32": "float32",
        "FP64": "float64",
        "STRING": "object",
    }.get(dtype, dtype.lower())


def test_random_data_without_a_batch_dimension() -> None:
    model_signature = signature((tensor("x", 3, 5),), max_batch_size=0)
    assert make_input(None, model_signature).tensors["x"].shape == (3, 5)


def test_random_data_follow_the_seed() -> None:
    first, again = (make_input(None, signature(), seed=1) for _ in range(2))
    other = make_input(None, signature(), seed=2)
    assert first.description == "random data, seed 1"
    np.testing.assert_array_equal(first.tensors["INPUT__0"], again.tensors["INPUT__0"])
    assert (first.tensors["INPUT__0"] != other.tensors["INPUT__0"]).any()


def test_inputs_do_not_share_random_data() -> None:
    found = make_input(None, signature((tensor("a", 64), tensor("b", 64)))).tensors
    assert (found["a"] != found["b"]).any()


def test_random_whole_numbers_are_in_every_vocabulary() -> None:
    found = make_input(None, signature((tensor("ids", 1000, dtype=Dtype.INT64),))).tensors["ids"]
    assert set(found.reshape(-1).tolist()) == {0, 1}


def test_random_data_of_an_open_size_take_the_example() -> None:
    open_size = Tensor(name="x", dtype=Dtype.FP32, dims=(-1, 4), example_dims=(7, 4))
    assert make_input(None, signature((open_size,))).tensors["x"].shape == (1, 7, 4)
    without = tensor("x", -1, 4)
    assert make_input(None, signature((without,))).tensors["x"].shape == (1, SIZE_OF_VARYING_DIM, 4)


@pytest.mark.parametrize("shape", [(3,), (1, 3), (4, 3)])
def test_sample_with_or_without_its_batch(shape: tuple[int, ...]) -> None:
    found = make_input(npy(floats(*shape)), signature())
    assert found.description == "sample/input.npy"
    np.testing.assert_array_equal(found.tensors["INPUT__0"], floats(*shape).reshape(-1, 3))


def test_sample_of_a_model_without_a_batch_dimension() -> None:
    model_signature = signature((tensor("x", 4, 3),), max_batch_size=0)
    assert make_input(npy(floats(4, 3)), model_signature).tensors["x"].shape == (4, 3)
    with pytest.raises(
        InvalidTensor, match=r"\[1, 4, 3\] for x, but the model takes FP32 \[4, 3\]"
    ):
        make_input(npy(floats(1, 4, 3)), model_signature)


def test_sample_of_several_inputs_goes_by_name() -> None:
    model_signature = signature((tensor("a", 2), tensor("b", 3)))
    found = make_input(npz(b=floats(3), a=floats(1, 2)), model_signature)
    assert list(found.tensors) == ["a", "b"]
    assert found.tensors["b"].shape == (1, 3)


def test_sample_in_fortran_order_is_sent_row_by_row() -> None:
    array = np.asfortranarray(floats(4, 3))
    found = make_input(npy(array), signature()).tensors["INPUT__0"]
    assert found.tobytes() == floats(4, 3).tobytes()


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (np.array([[1, 2, 3]], np.uint8), Dtype.INT64),
        (np.array([[1, 2, 3]], np.float32), Dtype.FP64),
        (np.array([[1, 2, 3]], ">f4"), Dtype.FP32),
        (np.array([[1, 2, 3]], np.float64), Dtype.FP32),  # NumPy's default dtype for numbers
        (np.array([[1, 2, 3]], np.int64), Dtype.INT32),
    ],
)
def test_dtype_of_the_same_kind_is_changed(array: NDArray[Any], dtype: Dtype) -> None:
    found = make_input(npy(array), signature((tensor("x", 3, dtype=dtype),))).tensors["x"]
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, [[1, 2, 3]])


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (floats(1, 3), Dtype.INT64),
        (np.array([["a", "b", "c"]]), Dtype.FP32),
    ],
)
def test_dtype_of_another_kind_is_refused(array: NDArray[Any], dtype: Dtype) -> None:
    with pytest.raises(InvalidTensor, match=f"the model takes {dtype}"):
        make_input(npy(array), signature((tensor("x", 3, dtype=dtype),)))


@pytest.mark.parametrize("shape", [(2,), (1, 4), (1, 1, 3), ()])
def test_shape_that_does_not_fit_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidTensor, match=r"the model takes FP32 \[-1, 3\]"):
        make_input(npy(floats(*shape)), signature())


@pytest.mark.parametrize(
    ("array", "dtype", "most"),
    [
        (np.zeros((1, 9), np.uint8), Dtype.FP64, 8),
        (np.zeros((1, 17), np.uint8), Dtype.FP32, 16),
        (np.full((1, 2), "a"), Dtype.STRING, 1),
    ],
    ids=["FP64", "FP32", "text"],
)
def test_array_that_would_not_fit_into_memory_is_refused(
    array: NDArray[Any], dtype: Dtype, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensors, "TENSOR_BYTES", 64)
    model_signature = signature((tensor("x", -1, dtype=dtype),))
    make_input(npy(array[:, :most]), model_signature)
    with pytest.raises(InvalidTensor, match=f"at most {most} of {dtype} are read"):
        make_input(npy(array), model_signature)


@pytest.mark.parametrize("arrays", [{"a": floats(2)}, {"a": floats(2), "c": floats(2)}, {}])
def test_names_that_do_not_fit_are_refused(arrays: dict[str, NDArray[Any]]) -> None:
    with pytest.raises(InvalidTensor, match="the model takes a, b"):
        make_input(npz(**arrays), signature((tensor("a", 2), tensor("b", 2))))


def test_picture_becomes_a_batch_of_one() -> None:
    found = make_input(File("sample/input.png", CAT.read_bytes()), PICTURE_MODEL)
    assert found.tensors["INPUT__0"].shape == (1, 3, 224, 224)
    assert found.tensors["INPUT__0"].dtype == np.float32


def test_picture_of_the_wrong_size_is_rejected() -> None:
    with pytest.raises(InvalidTensor, match=r"\[1, 3, 192, 192\]"):
        make_input(
            File("sample/input.png", CAT.read_bytes()),
            PICTURE_MODEL,
            picture={"resize": 200, "crop": 192},
        )


def test_objects_are_never_unpickled() -> None:
    pickled = npy(np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InvalidTensor, match=r"cannot be read as a NumPy file: .*allow_pickle"):
        make_input(pickled, signature())


TEXT = signature((tensor("text", -1, dtype=Dtype.STRING),))


@pytest.mark.parametrize("dtype", ["U", "S"])
def test_text_of_a_numpy_file(dtype: str) -> None:
    found = make_input(npy(np.array(["good day", "x"], dtype)), TEXT).tensors["text"]
    assert found.tolist() == [[b"good day", b"x"]]


@pytest.mark.parametrize(
    ("array", "model", "cause"),
    [
        (np.ones(2), TEXT, "has float64 [1, 2] for text, but the model takes STRING [-1, -1]"),
        (np.array(["a"]), signature((tensor("x", 1),)), "has text [1, 1] for x"),
        (np.array([b"\xff"]), TEXT, "has text that is not UTF-8"),
        (np.array(["\ud800"]), TEXT, "has text that is not UTF-8"),
    ],
)
def test_numbers_are_no_text(array: NDArray[Any], model: Signature, cause: str) -> None:
    with pytest.raises(InvalidTensor) as caught:
        make_input(npy(array), model)
    assert cause in caught.value.cause


def test_random_texts_are_short_words() -> None:
    found = make_input(None, signature((tensor("text", 100, dtype=Dtype.STRING),))).tensors["text"]
    texts = set(found.reshape(-1).tolist())
    assert texts == set(RANDOM_WORDS)
    assert max(map(len, texts)) <= RANDOM_WORD_BYTES


def test_text_of_numpy_is_plain_bytes() -> None:
    found = text_array(np.array([np.bytes_(b"a"), "b"], np.object_))
    assert [type(each) for each in found] == [bytes, bytes]
