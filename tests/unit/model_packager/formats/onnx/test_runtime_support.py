from __future__ import annotations

import io
import re
from typing import Any

import pytest
from onnx import helper

from model_packager.formats.onnx import runtime_support
from model_packager.formats.onnx.format import read_model
from model_packager.formats.onnx.runtime_support import require_supported
from model_packager.rejection import ModelRejected
from model_packager.sagemaker import triton_image
from tests import onnx_models


def check(proto: Any, release: str = "26.05") -> None:
    require_supported(read_model(io.BytesIO(proto.SerializeToString())), release)


def test_table_has_every_release() -> None:
    assert set(triton_image._table()["releases"]) <= set(runtime_support._table()["releases"])


@pytest.mark.parametrize(("release", "most"), [("23.12", 9), ("25.04", 10), ("26.05", 13)])
def test_ir_version(release: str, most: int) -> None:
    proto = onnx_models.linear()
    proto.ir_version = most
    check(proto, release)
    proto.ir_version = most + 1
    with pytest.raises(ModelRejected, match=f"IR version {most + 1}, but .* at most {most}") as it:
        check(proto, release)
    proto.ir_version = int(re.findall(r"ir_version = (\d+)", it.value.fix)[0])
    check(proto, release)


@pytest.mark.parametrize(
    ("release", "domain", "most"),
    [("23.12", "", 19), ("26.05", "", 25), ("26.05", "ai.onnx", 25), ("24.01", "ai.onnx.ml", 3)],
)
def test_operator_sets(release: str, domain: str, most: int) -> None:
    proto = onnx_models.linear()
    del proto.opset_import[:]
    proto.opset_import.append(helper.make_opsetid(domain, most))
    check(proto, release)
    proto.opset_import[0].version = most + 1
    with pytest.raises(ModelRejected, match=rf"version {most + 1} .* has version {most}"):
        check(proto, release)


@pytest.mark.parametrize(
    ("domain", "operator"),
    [("", "Relu"), ("ai.onnx", "Relu"), ("ai.onnx.ml", "TreeEnsemble"), ("com.microsoft", "Gelu")],
)
def test_operators_of_the_image(domain: str, operator: str) -> None:
    proto = onnx_models.linear()
    proto.graph.node.append(helper.make_node(operator, ["y"], ["z"], domain=domain))
    check(proto)


@pytest.mark.parametrize(
    ("domain", "operator", "release"),
    [
        ("my.domain", "MyOp", "26.05"),
        ("", "EfficientNMS_TRT", "26.05"),
        ("mmdeploy", "grid_sampler", "26.05"),
        ("ai.onnx.preview.training", "Adam", "26.05"),
        ("com.microsoft", "PagedAttention", "23.12"),
        ("ai.onnx.ml", "TreeEnsemble", "23.12"),
    ],
)
def test_foreign_operators_are_named(domain: str, operator: str, release: str) -> None:
    proto = onnx_models.linear()
    proto.graph.node.append(helper.make_node(operator, ["y"], ["z"], domain=domain))
    words = f"the operator {operator} of the domain {domain or 'ai.onnx'}, which ONNX Runtime"
    with pytest.raises(ModelRejected, match=words):
        check(proto, release)


def test_release_that_the_table_lacks() -> None:
    proto = onnx_models.linear()
    proto.ir_version = 99
    check(proto, "99.01")
