import io
import pickle
import time
import zipfile
from collections import OrderedDict
from fractions import Fraction
from typing import Any

import pytest

from model_packager.formats.pickle_reader import TracedTensor, root_class, traced_inputs


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize(
    ("value", "name"),
    [
        (OrderedDict(a=1), "collections.OrderedDict"),
        (Fraction(1, 2), "fractions.Fraction"),
        ({"a": Fraction(1, 2)}, None),
        ([1], None),
        ("text", None),
        (1, None),
    ],
)
def test_the_class_of_the_root(value: Any, name: str | None, protocol: int) -> None:
    assert root_class(pickle.dumps(value, protocol)) == name


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x80\x02c", b"\xff" * 50, b"c" * 5000])
def test_another_file_has_no_root(content: bytes) -> None:
    assert root_class(content) is None
    assert traced_inputs(content) is None


class Hostile:
    def __reduce__(self) -> Any:
        return (exec, ("raise SystemExit('executed')",))


def test_nothing_is_executed() -> None:
    content = pickle.dumps({"forward": [Hostile()]}, 2)
    with pytest.raises(SystemExit, match="executed"):
        pickle.loads(content)  # noqa: S301 - the content is hostile on purpose
    assert traced_inputs(content) is None
    assert root_class(pickle.dumps(Hostile(), 2)) == "__builtin__.exec"


def trace(traced_file: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(traced_file)) as archive:
        return archive.read("archive/traced_inputs.pkl")


def test_a_trace_is_read(traced_file: bytes) -> None:
    assert traced_inputs(trace(traced_file)) == (TracedTensor("FP32", (1, 3)),)


def test_a_trace_cut_short_is_none(traced_file: bytes) -> None:
    whole = trace(traced_file)
    for size in range(len(whole) - 1):
        assert traced_inputs(whole[:size]) is None


def test_types_that_triton_lacks_keep_torchs_name(traced_file: bytes) -> None:
    changed = trace(traced_file).replace(b"FloatStorage", b"ComplexFloatStorage")
    assert traced_inputs(changed) == (TracedTensor("ComplexFloatStorage", (1, 3)),)


@pytest.mark.parametrize(
    "doubling",
    [
        b")" + b"q\x00h\x00\x86" * 100,  # a tuple of the same tuple twice, a hundred levels deep
        b"(" * 100_000,
        b"]" * 250_000,
    ],
)
@pytest.mark.slow
def test_hostile_pickles_cost_little(doubling: bytes) -> None:
    start = time.process_time()
    for content in (
        b"\x80\x02}(" + doubling + b"K\x01u.",  # the tuple is a key, so its hash would take forever
        b"\x80\x02}(X\x07\x00\x00\x00forward" + doubling + b"u.",
    ):
        assert traced_inputs(content) is None
    assert time.process_time() - start < 5
