from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from model_packager.dtype import Dtype
from model_packager.spec.deploy_spec import parse_deploy_spec
from model_packager.spec.value_types import MAX_NAME_LENGTH
from model_packager.spec.yaml.lines import open_tensor_line, tensor_line, yaml_text
from tests.unit.model_packager.fuzzing import fuzzed

NAMES = st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=MAX_NAME_LENGTH
) | st.text("ab01[]{},:#&*!|>'\"%@`~-?= \\\n\t\x1b\u202e\ufeff", min_size=1, max_size=9)
SIZES = st.integers(1, 999)


@fuzzed
@given(NAMES, st.sampled_from(Dtype), st.lists(SIZES | st.just(-1), min_size=1, max_size=5))
@example("x" * MAX_NAME_LENGTH, Dtype.FP32, [-1, 3])
@example("a b " * (MAX_NAME_LENGTH // 4), Dtype.FP32, [-1, 3])
def test_a_printed_tensor_is_the_one_that_was_meant(
    name: str, dtype: Dtype, dims: list[int]
) -> None:
    line = open_tensor_line(name, dtype, dims)
    head, found, tail = line.rpartition(", example_dims: ")
    pasted = head + found + tail.replace("SIZE", "7")
    (read,) = parse_deploy_spec(f"inputs:\n{pasted}\n", origin="deploy.yaml").inputs or ()
    assert (read.name, read.dtype, read.dims) == (name, dtype, tuple(dims))
    if -1 in dims:
        assert read.example_dims == tuple(7 if size < 0 else size for size in dims)


@fuzzed
@given(NAMES)
def test_a_printed_text_has_one_visible_line(name: str) -> None:
    written = yaml_text(name)
    assert written.isprintable()
    assert yaml.safe_load(written) == name


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("INPUT__0", "INPUT__0"),
        ("petal length (cm)", "petal length (cm)"),
        ("Größe", "Größe"),
        ("x[0]", "'x[0]'"),
        ("yes", "'yes'"),
        ("0", "'0'"),
        ("~", "'~'"),
        ("a, b", "'a, b'"),
        ("it's", "it's"),
        ("'x'", "'''x'''"),
        ("a: b", "'a: b'"),
        ("line\nfeed", r'"line\nfeed"'),
        ("\u202eabc", r'"\u202Eabc"'),
    ],
)
def test_quotes_are_used_where_yaml_needs_them(name: str, written: str) -> None:
    assert tensor_line(name, "FP32", [3]) == f"  - {{name: {written}, dtype: FP32, dims: [3]}}"
