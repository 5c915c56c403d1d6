from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from model_packager.formats.onnx.external_data import (
    ExternalFile,
    ExternalFiles,
    external_entry,
    require_complete,
)
from model_packager.formats.onnx.format import read_model
from model_packager.formats.protobuf import Message, ProtobufDamaged
from model_packager.rejection import ModelRejected
from tests import onnx_models

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = "model.onnx.data"


def outside(tensor: Any, path: str = DATA, entries: Mapping[str, object] = {}) -> Any:
    """Move a tensor of any shape into a file."""
    tensor.data_location = TensorProto.EXTERNAL
    tensor.ClearField("raw_data")
    for key, value in {"location": path, **entries}.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def linear(path: str = DATA, entries: Mapping[str, object] = {}) -> Any:
    proto = onnx_models.linear()
    outside(proto.graph.initializer[0], path, entries)
    return proto


def files(proto: Any) -> dict[str, ExternalFile]:
    return read_model(io.BytesIO(proto.SerializeToString())).external.files


@pytest.mark.parametrize(
    ("entries", "least"),
    [({"offset": 4096, "length": 48}, 4144), ({"length": 48}, 48), ({"offset": 64}, 112)],
)
def test_a_weight_needs_its_bytes(entries: dict[str, int], least: int) -> None:
    assert files(linear(entries=entries)) == {DATA: ExternalFile("weight", least)}


def test_weights_of_constants_and_branches_count() -> None:
    weight = numpy_helper.from_array(np.ones((4, 3), np.float32), "weight")
    constant = helper.make_node("Constant", [], ["c"], value=outside(weight, "constants.bin"))
    inner = numpy_helper.from_array(np.ones(3, np.float32), "inner")
    graph = helper.make_graph(
        [helper.make_node("Add", ["y", "inner"], ["z"])],
        "then",
        [],
        [onnx_models.tensor("z", ["batch", 3])],
        [outside(inner, "branch.bin")],
    )
    proto = onnx_models.linear()
    proto.graph.node.append(constant)
    proto.graph.node.append(
        helper.make_node("If", ["x"], ["z"], then_branch=graph, else_branch=graph)
    )
    assert files(proto) == {
        "constants.bin": ExternalFile("weight", 48),
        "branch.bin": ExternalFile("inner", 12),
    }


@pytest.mark.parametrize(
    "path",
    [
        "../weights",
        "/etc/passwd",
        "a/../../b",
        "a\\b",
        "",
        ".",
        "a//b",
        "model.pt",
        "below/model.onnx",
        "deploy.yaml",
        "labels.txt",
        "sample/input.npy",
        "a\x1b[31m",
        "x" * 201,
    ],
)
def test_paths_that_a_drop_cannot_have(path: str) -> None:
    with pytest.raises(ModelRejected, match="reads the weight weight from"):
        files(linear(path))


def test_a_folder_below_the_models_is_fine() -> None:
    assert list(files(linear("weights/part.bin"))) == ["weights/part.bin"]


@pytest.mark.parametrize("entries", [{"length": 47}, {"offset": -1}, {"length": -48}])
def test_entries_that_contradict_their_weight(entries: dict[str, int]) -> None:
    with pytest.raises(ModelRejected, match="need 48 bytes"):
        files(linear(entries=entries))


def test_offset_that_is_not_a_number() -> None:
    with pytest.raises(ModelRejected, match="damaged"):
        files(linear(entries={"offset": "x"}))


@pytest.mark.parametrize(
    "dims",
    [
        pytest.param(b"\x08\x01" * 65, id="a field for each number"),
        pytest.param(b"\x0a\x80\x80\x80\x01" + b"\x01" * (2 << 20), id="packed"),
    ],
)
def test_too_many_dimensions(dims: bytes) -> None:
    """The other numbers are not read: a file can consist of gigabytes of them."""
    file = io.BytesIO(dims)
    with pytest.raises(ProtobufDamaged, match="tensor of more than 64 dimensions"):
        external_entry(Message(file), 0, len(dims))
    assert file.tell() < 64 * 1024


def test_too_many_files() -> None:
    proto = onnx_models.linear()
    for number in range(51):
        weight = numpy_helper.from_array(np.ones(3, np.float32), f"w{number}")
        proto.graph.initializer.append(outside(weight, f"w{number}.bin"))
    with pytest.raises(ModelRejected, match=r"in 51 files\. The limit is 50"):
        files(proto)


def test_missing_and_truncated_files() -> None:
    external = ExternalFiles({DATA: ExternalFile("weight", 48)})
    require_complete(external, {DATA: 48})
    with pytest.raises(ModelRejected, match=r"model.onnx.data, which is not next to the model"):
        require_complete(external, {})
    with pytest.raises(ModelRejected, match=r"has 47 bytes, but .* up to byte 48"):
        require_complete(external, {DATA: 47})
