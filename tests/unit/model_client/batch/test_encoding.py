"""Requests of batch jobs: the same header length for all, and a cause for unreadable input."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from model_client.batch import encoding
from model_client.batch.encoding import Record, Unreadable, content_type, encode, header_bytes
from model_client.sample_file import File
from model_packager.dtype import Dtype
from model_packager.sagemaker.transform import FILE_REQUESTS
from model_packager.signature import Signature
from model_packager.spec.smoke_test_spec import SmokeTest
from tests.unit.functions.samples import signature, tensor

SMOKE_TEST = SmokeTest()
ROWS_OF_3 = signature()
NO_BATCH = signature(max_batch_size=0)
PICTURES = signature(inputs=(tensor("image", 3, 224, 224),))
TEXT = signature(inputs=(tensor("text", -1, dtype=Dtype.STRING),))


def npy(array: object) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array))
    return buffer.getvalue()


def npz(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    np.savez(
        buffer, allow_pickle=False, **{name: np.asarray(each) for name, each in arrays.items()}
    )
    return buffer.getvalue()


def png(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (200, 10, 10)).save(buffer, "PNG")
    return buffer.getvalue()


def encoded(name: str, content: bytes, of: Signature = ROWS_OF_3) -> list[Record | Unreadable]:
    return list(encode(File(name, content), of, SMOKE_TEST))


def header_of(record: Record | Unreadable, of: Signature = ROWS_OF_3) -> dict[str, object]:
    assert isinstance(record, Record)
    header: dict[str, object] = json.loads(record.body[: header_bytes(of)])
    return header


def test_rows_are_sent_in_batches_of_the_largest_size() -> None:
    records = encoded("a.npy", npy(np.ones((19, 3), np.float32)))
    assert [(each.start, each.rows) for each in records if isinstance(each, Record)] == [
        (0, 8),
        (8, 8),
        (16, 3),
    ]
    assert header_of(records[2])["inputs"][0]["shape"] == [3, 3]  # type: ignore[index]


def test_every_request_has_the_header_length_of_the_content_type() -> None:
    length = int(content_type(ROWS_OF_3).rpartition("=")[2])
    for rows in (1, 8):
        (record,) = encoded("a.npy", npy(np.ones((rows, 3), np.float32)))
        assert isinstance(record, Record)
        assert record.body[:length].rstrip().endswith(b"}")
        assert record.body[length:] == np.ones((rows, 3), np.float32).tobytes()


@given(st.lists(st.integers(1, 2**40), min_size=4, max_size=4))
def test_header_has_room_for_every_shape(dims: list[int]) -> None:
    dynamic = signature(inputs=(tensor("image", -1, -1, -1),))
    shape = json.dumps(dims, separators=(",", ":"))
    size = str(4 * int(np.prod(dims, dtype=object)))
    longer = len(shape) - len("[1,1,1,1]") + len(size) - 1
    (smallest,) = encoded("a.npy", npy(np.ones((1, 1, 1, 1), np.float32)), dynamic)
    assert isinstance(smallest, Record)
    assert len(smallest.body[: header_bytes(dynamic)].rstrip()) + longer <= header_bytes(dynamic)


def test_picture_is_prepared_as_a_golden_sample_is() -> None:
    (record,) = encoded("cats/a.PNG", png(300, 260), PICTURES)
    assert isinstance(record, Record)
    pixels = np.frombuffer(record.body[header_bytes(PICTURES) :], np.float32)
    assert pixels.size == 3 * 224 * 224
    assert pixels[0] == pytest.approx((200 / 255 - 0.485) / 0.229, abs=1e-5)


def test_line_is_a_request_with_its_number() -> None:
    lines = b'{"INPUT__0": [1, 2, 3]}\n\n{"INPUT__0": [1, 2]}\nno json\n{"INPUT__0": [[4, 5, 6]]}'
    found = encoded("a.jsonl", lines)
    assert [(each.start, type(each)) for each in found] == [
        (1, Record),
        (3, Unreadable),
        (4, Unreadable),
        (5, Record),
    ]
    assert isinstance(found[1], Unreadable)
    assert "takes FP32 [-1, 3]" in found[1].cause


def test_line_with_more_rows_than_a_batch_is_named() -> None:
    line = json.dumps({"INPUT__0": [[1, 2, 3]] * 9}).encode()
    assert encoded("a.jsonl", line) == [
        Unreadable(1, "The line has 9 rows, but the model takes 1 to 8 at once.")
    ]


def test_text_is_encoded() -> None:
    (record,) = encoded("a.jsonl", b'{"text": ["a good day"]}', TEXT)
    assert isinstance(record, Record)
    assert record.body.endswith(b"\x0a\0\0\0a good day")


@pytest.mark.parametrize(
    ("name", "content", "cause"),
    [
        ("a.png", b"no picture", "cannot be read as a picture"),
        ("a.npy", b"no numpy", "cannot be read as a NumPy file"),
        ("a.npz", npz(other=[1.0]), "contains other, but the model takes INPUT__0"),
        ("a.npy", npy(np.ones((2, 4), np.float32)), "takes FP32 [-1, 3]"),
        ("a.npy", npy(np.ones((0, 3), np.float32)), "same number of rows, at least 1"),
        ("a.jsonl", b"\n \n", "It has no lines."),
        ("a.jsonl", b"1\n" * (FILE_REQUESTS + 1), "10,001 lines, but at most 10,000"),
        ("a.npy", npy(np.ones((8 * FILE_REQUESTS + 1, 3), np.uint8)), "10,001 batches"),
    ],
)
def test_unreadable_file_has_a_cause(name: str, content: bytes, cause: str) -> None:
    (found,) = encoded(name, content)
    assert isinstance(found, Unreadable)
    assert found.start is None
    assert cause in found.cause


@pytest.mark.parametrize("of", [ROWS_OF_3, NO_BATCH], ids=["batches", "whole array"])
def test_file_with_a_request_above_the_limit_is_unreadable(
    of: Signature, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.ones((9, 3) if of.max_batch_size else 3, np.float32)
    largest = max(len(each.body) for each in encoded("a.npy", npy(rows), of))  # type: ignore[union-attr]
    monkeypatch.setattr(encoding, "REQUEST_BYTES", largest)
    assert all(isinstance(each, Record) for each in encoded("a.npy", npy(rows), of))
    monkeypatch.setattr(encoding, "REQUEST_BYTES", largest - 1)
    (found,) = encoded("a.npy", npy(rows), of)
    assert isinstance(found, Unreadable)
    assert f"Its largest request has {largest:,} bytes" in found.cause


def test_inputs_with_different_numbers_of_rows_are_refused() -> None:
    two = signature(inputs=(tensor("a", 3), tensor("b", 3)))
    (found,) = encoded("a.npz", npz(a=np.ones((2, 3)), b=np.ones((3, 3))), two)
    assert found == Unreadable(
        None, "The inputs need the same number of rows, at least 1 (a: 2, b: 3)."
    )


def test_model_without_batches_gets_the_whole_array() -> None:
    (record,) = encoded("a.npy", npy(np.ones(3, np.float32)), NO_BATCH)
    assert (record.start, record.rows) == (0, 1)  # type: ignore[union-attr]


def test_sequences_have_one_row() -> None:
    sequences = ROWS_OF_3.model_copy(update={"sequences": True})
    records = encoded("a.npy", npy(np.ones((3, 3), np.float32)), sequences)
    assert [each.start for each in records] == [0, 1, 2]
    assert header_of(records[0], sequences)["parameters"]["sequence_start"] is True  # type: ignore[index]
