"""The text of deploy.yaml after a run."""

from __future__ import annotations

import pytest
import yaml

from model_client.cpu_test.result import Output
from model_packager.dtype import Dtype
from model_packager.signature import Signature, Tensor
from modeldrop.errors import UsageError
from modeldrop.model_run.deploy_yaml import input_lines, observed_lines, with_outputs

LINES = "outputs:\n  - {name: y, dtype: FP32, dims: [3]}"


def signature(*outputs: Tensor, dims: tuple[int, ...] = (4,)) -> Signature:
    given = Tensor(name="x", dtype=Dtype.FP32, dims=dims, example_dims=(4,))
    return Signature(inputs=(given,), outputs=outputs, max_batch_size=8)


def output(dtype: str, *shape: int) -> Output:
    return Output(name="y", datatype=dtype, shape=shape)


ASSUMED = Tensor(name="y", dtype=Dtype.FP32, dims=(-1,), assumed=True)


def test_lines_are_what_the_model_returned() -> None:
    lines = observed_lines([output("INT64", 1, 3, 2)], signature(ASSUMED))
    assert lines == "outputs:\n  - {name: y, dtype: INT64, dims: [3, 2]}"


def test_nothing_to_write_if_it_is_declared() -> None:
    declared = Tensor(name="y", dtype=Dtype.FP32, dims=(-1, 2))
    assert observed_lines([output("FP32", 1, 3, 2)], signature(declared)) is None
    assert observed_lines([], signature(ASSUMED)) is None


def test_sizes_stay_open_if_those_of_the_input_are() -> None:
    lines = observed_lines([output("FP32", 1, 3, 2)], signature(ASSUMED, dims=(-1,)))
    assert lines == "outputs:\n  - {name: y, dtype: FP32, dims: [-1, -1]}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, f"{LINES}\n"),
        ("# none yet\n", f"# none yet\n{LINES}\n"),
        ("max_batch_size: 4\n", f"max_batch_size: 4\n{LINES}\n"),
        ("max_batch_size: 4", f"max_batch_size: 4\n{LINES}\n"),
        ("outputs:\n  - {name: y}\n  # old\n", f"{LINES}\n  # old\n"),
        (
            "outputs:\n  - name: y\n    dims: [9]\n\n# of the endpoint\nendpoint: {}\n",
            f"{LINES}\n\n# of the endpoint\nendpoint: {{}}\n",
        ),
        ("a: 1\noutputs: [{name: y}]\nb: 2\n", f"a: 1\n{LINES}\nb: 2\n"),
        ("a: 1\noutputs: [{name: y},\n  {name: z}]\n", f"a: 1\n{LINES}\n"),
        ("a: 1\noutputs:\n- name: y\nb: 2\n", f"a: 1\n{LINES}\nb: 2\n"),
    ],
)
def test_only_the_outputs_change(before: str | None, after: str) -> None:
    assert with_outputs(before, LINES) == after
    assert yaml.safe_load(after)["outputs"] == yaml.safe_load(LINES)["outputs"]


@pytest.mark.parametrize("text", ["{max_batch_size: 4}", '{\n\t"max_batch_size": 4\n}'])
def test_file_in_braces_stays_as_it_is(text: str) -> None:
    with pytest.raises(UsageError, match="in braces") as refused:
        with_outputs(text, LINES)
    assert LINES in refused.value.fix


def test_inputs_of_arrays() -> None:
    batched = {"INPUT__0": ("FP32", (2, 3, 4)), "INPUT__1": ("INT64", (2, 1))}
    assert yaml.safe_load(input_lines(batched, 8)) == {
        "max_batch_size": 8,
        "inputs": [
            {"name": "INPUT__0", "dtype": "FP32", "dims": [3, 4]},
            {"name": "INPUT__1", "dtype": "INT64", "dims": [1]},
        ],
    }
    single = yaml.safe_load(input_lines({"INPUT__0": ("FP32", (5,))}, 8))
    assert (single["max_batch_size"], single["inputs"][0]["dims"]) == (0, [5])
