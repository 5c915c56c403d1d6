"""Drops of other formats than TorchScript, each served by the real tritonserver."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests import onnx_models
from tests.workflow.drops import Cloud, summary, told
from tests.workflow.models import ROWS

if TYPE_CHECKING:
    from pathlib import Path


def test_onnx_with_golden_sample(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(onnx_models.content(onnx_models.linear()))
    sample = tmp_path / "sample"
    sample.mkdir()
    np.save(sample / "input.npy", ROWS)
    np.save(sample / "expected.npy", np.repeat(ROWS.sum(1, keepdims=True), 3, axis=1))

    outcome = cloud.drop(name, model, sample=sample)

    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    content = told(outcome)
    assert content["source"]["key"] == f"{name}/model.onnx"
    assert content["signature"]["max_batch_size"] == 8
    assert content["smoke"]["golden"].startswith("sample/expected.npy: y within")
    assert content["smoke"]["output_shapes"] == {"y": [2, 3]}


def test_onnx_without_batch_and_with_a_scalar(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(onnx_models.content(onnx_models.two_by_two([2, 5], [2, 5])))

    outcome = cloud.drop(name, model)

    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    assert told(outcome)["smoke"]["output_shapes"] == {"sum": [2, 5], "count": [1]}
