from __future__ import annotations

import contextlib
from typing import Any

import pytest
from google.protobuf import text_format  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from tritonclient.grpc import model_config_pb2

from model_packager.formats.pbtxt_reader import PbtxtDamaged, Word, parse_pbtxt

NAMES = st.text(max_size=12)
TENSORS = st.lists(
    st.builds(
        lambda name, kind, dims: {"name": name, "data_type": kind, "dims": dims},
        NAMES,
        st.integers(0, 14),
        st.lists(st.integers(-1, 2**40), max_size=4),
    ),
    max_size=3,
)


@given(
    name=NAMES,
    batch=st.integers(-(2**31), 2**31 - 1),
    inputs=TENSORS,
    parameters=st.dictionaries(NAMES, NAMES, max_size=3),
    compact=st.booleans(),
)
def test_text_from_tritons_protobuf_is_readable(
    name: str, batch: int, inputs: Any, parameters: dict[str, str], compact: bool
) -> None:
    config = model_config_pb2.ModelConfig(name=name, max_batch_size=batch, input=inputs)
    for key, value in parameters.items():
        config.parameters[key].string_value = value
    found: Any = parse_pbtxt(text_format.MessageToString(config, as_one_line=compact))
    assert found.get("name", [""]) == [name]
    assert found.get("max_batch_size", [0]) == [batch]
    types = model_config_pb2.DataType.Name
    assert [
        (
            each.get("name", [""]),
            each.get("data_type", [Word("TYPE_INVALID")]),
            each.get("dims", []),
        )
        for each in found.get("input", [])
    ] == [([each["name"]], [Word(types(each["data_type"]))], each["dims"]) for each in inputs]
    read = {
        each.get("key", [""])[0]: each.get("value", [{}])[0].get("string_value", [""])[0]
        for each in found.get("parameters", [])
    }
    assert read == parameters


def test_as_people_write_it() -> None:
    text = """
    # a comment with { and "
    name: 'cat' "alogue"  platform: "ensemble"
    max_batch_size: 0x10;
    input [ { name: "a\\n\\x41\\101\\u00e9" dims: [ -1, 3 ] dims: 5 }, { name: "b", } ]
    output < name: "c" data_type: TYPE_FP32 >
    rate: -1.5e3 flag: true
    optimization { cuda { graphs: 1 } }
    """
    assert parse_pbtxt(text) == {
        "name": ["catalogue"],
        "platform": ["ensemble"],
        "max_batch_size": [16],
        "input": [{"name": ["a\nAAé"], "dims": [-1, 3, 5]}, {"name": ["b"]}],
        "output": [{"name": ["c"], "data_type": [Word("TYPE_FP32")]}],
        "rate": [-1500.0],
        "flag": [Word("true")],
        "optimization": [{"cuda": [{"graphs": [1]}]}],
    }


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("name: ", "name has no value"),
        ("name 'cat'", "name has no value"),
        ("\n\nname: }", "line 3: a value is expected"),
        ("input {", "'}' is missing"),
        ("input [ {} {} ]", "a comma is missing"),
        ("name: 'cat", "is not understood"),
        ("1: 2", "the name of a field is expected"),
        ("a: 1 $", r"'\$' is not understood"),
        (r"a: '\q'", "unknown escape"),
        (r"a: '\ud800'", "code point"),
        (r"a: '\xff'", "not UTF-8"),
        ("max_batch_size: 0x" + "F" * 5000, "has 5,002 digits"),
        ("a: 08", "line 1: 08 begins with 0"),
        ("a {" * 40, "more than 32 deep"),
        ("a: 1 " * 300_000, "more than 1,048,576 bytes"),
    ],
)
def test_damaged_text(text: str, where: str) -> None:
    with pytest.raises(PbtxtDamaged, match=where):
        parse_pbtxt(text)


@given(st.text(alphabet="ab:{}<>[],;'\"\\-0129.exuU#\n \ud7ff", max_size=60))
def test_any_text_is_read_or_damage(text: str) -> None:
    with contextlib.suppress(PbtxtDamaged):
        parse_pbtxt(text)
