from __future__ import annotations

import pytest

from model_packager.dtype import Dtype
from model_packager.signature import Signature, Tensor
from model_packager.spec.deploy_spec import parse_deploy_spec
from tests.unit.functions.samples import signature, tensor
from workflow.failures.input_dims import wrong_dims

LINEAR = "PyTorch execute failure: RuntimeError: mat1 and mat2 shapes cannot be multiplied ({})"
CHANNELS = (
    "Given groups=1, weight of size [4, 3, 3, 3], expected input[{}] to have 3 channels, but got "
    "1 channels instead"
)
NORMALIZED = (
    "Given normalized_shape=[8], expected input with shape [*, 8], but got input of size[1, 5]"
)


@pytest.mark.parametrize(
    ("text", "dims", "needed"),
    [
        (LINEAR.format("1x5 and 8x3"), (5,), (8,)),
        (LINEAR.format("6x5 and 8x3"), (3, 5), (3, 8)),
        (CHANNELS.format("2, 1, 16, 16"), (1, 16, 16), (3, 16, 16)),
        (NORMALIZED, (5,), (8,)),
    ],
)
def test_input_of_another_shape(text: str, dims: tuple[int, ...], needed: tuple[int, ...]) -> None:
    found = wrong_dims(["nothing", text], signature((tensor("x", 2), tensor("image", *dims))))
    assert found is not None
    assert (found.name, found.dims, found.needed) == ("image", dims, needed)
    assert found.cause == f"image is {list(dims)} in deploy.yaml; the model needs {list(needed)}."
    spec = parse_deploy_spec(found.lines, origin="the fix")
    assert spec.inputs is not None
    assert [(each.name, each.dims) for each in spec.inputs] == [("x", (2,)), ("image", needed)]


def test_dims_with_the_batch() -> None:
    whole = Signature(
        inputs=(tensor("image", 1, 1, 16, 16),), outputs=(tensor("y", 1),), max_batch_size=0
    )
    found = wrong_dims([CHANNELS.format("1, 1, 16, 16")], whole)
    assert found is not None
    assert found.needed == (1, 3, 16, 16)


def test_open_size_has_the_size_of_the_test_request() -> None:
    open_input = Tensor(name="x", dtype=Dtype.FP32, dims=(-1,), example_dims=(5,))
    found = wrong_dims([LINEAR.format("1x5 and 8x3")], signature((open_input,)))
    assert found is not None
    assert (found.dims, found.needed) == ((-1,), (8,))


@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        ("division by zero", (tensor("x", 5),)),
        (LINEAR.format("1x7 and 8x3"), (tensor("x", 5),)),
        (LINEAR.format("1x5 and 8x3"), (tensor("x", 5), tensor("y", 5))),
    ],
)
def test_unclear_error_names_no_input(text: str, inputs: tuple[Tensor, ...]) -> None:
    assert wrong_dims([text], signature(inputs)) is None
