"""`modeldrop inspect --run` and `modeldrop init` with real models in real processes."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
import yaml
from torch import Tensor, nn

from modeldrop.dropping.offline_inspection import inspect_file
from tests import onnx_models
from tests.unit.modeldrop.command.test_main import Ended, is_one_sentence, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.modeldrop.command.test_main import Run

__all__ = ["run"]  # a fixture

jit: Any = torch.jit  # its functions are untyped


class Classes(nn.Module):
    """FP32 [batch, n] to INT64 [batch, 1], a dtype that TorchScript does not declare."""

    def forward(self, x: Tensor) -> Tensor:
        return x.argmax(dim=-1, keepdim=True)


class Unstable(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.log(x - x)


@pytest.fixture
def scripted(tmp_path: Path) -> Path:
    """A model without shapes."""
    file = tmp_path / "classes" / "model.pt"
    file.parent.mkdir()
    jit.script(Classes()).save(str(file))
    return file


@pytest.fixture
def linear(tmp_path: Path) -> Path:
    """An ONNX model that declares an output of any size."""
    proto = onnx_models.linear()
    proto.graph.output[0].CopyFrom(onnx_models.tensor("y", ["batch", "n"]))
    file = tmp_path / "linear" / "model.onnx"
    file.parent.mkdir()
    file.write_bytes(onnx_models.content(proto))
    return file


def traced(folder: Path, module: nn.Module) -> Path:
    file = folder / "model.pt"
    jit.trace(module, torch.ones(1, 4), check_trace=False).save(str(file))
    return file


@pytest.mark.slow
def test_run_writes_outputs_that_make_the_model_valid(run: Run, tmp_path: Path) -> None:
    file, spec = traced(tmp_path, Classes()), tmp_path / "deploy.yaml"
    before = (
        "max_batch_size: 4  # measured\noutputs: [{name: OUTPUT__0, dtype: INT64, dims: [3]}]\n"
    )
    spec.write_text(before)
    rejected = run("inspect", file, "--run", "--json")
    assert rejected.code == 2
    assert "has the dims [1], but its declared dims are [3]" in rejected.json()["cause"]
    assert spec.read_text() == before

    written = run("inspect", file, "--run", "--write", "--json")

    assert written.code == 0, written.err
    assert spec.read_text() == (
        "max_batch_size: 4  # measured\noutputs:\n  - {name: OUTPUT__0, dtype: INT64, dims: [1]}\n"
    )
    shown = written.json()["run"]
    assert shown["outputs"] == [{"name": "OUTPUT__0", "datatype": "INT64", "shape": [1, 1]}]
    assert (shown["is_written"], shown["confined"]) == (True, True)
    assert inspect_file(file, None, "m").signature.outputs[0].dims == (1,)


@pytest.mark.slow
def test_nan_is_rejected(run: Run, tmp_path: Path) -> None:
    ended = run("inspect", traced(tmp_path, Unstable()), "--run")
    assert ended.code == 2
    assert "4 of the 4 values of the output OUTPUT__0 are NaN or infinite." in ended.err


@pytest.mark.slow
def test_init_writes_what_inspect_accepts(run: Run, scripted: Path, tmp_path: Path) -> None:
    given = tmp_path / "two.npy"
    np.save(given, np.array([[0, 1, 0], [0, 0, 1]], np.float32))
    ended = run("init", scripted, "--input", given, "--json")
    assert ended.code == 0, ended.err
    assert yaml.safe_load((scripted.parent / "deploy.yaml").read_text()) == {
        "max_batch_size": 8,
        "inputs": [{"name": "INPUT__0", "dtype": "FP32", "dims": [3]}],
        "outputs": [{"name": "OUTPUT__0", "dtype": "INT64", "dims": [1]}],
    }
    sample = scripted.parent / "sample"
    assert (sample / "input.npy").read_bytes() == given.read_bytes()
    with np.load(sample / "expected.npz") as expected:
        assert expected["OUTPUT__0"].tolist() == [[1], [2]]
    again = run("init", scripted, "--input", given)
    assert is_one_sentence(again)
    assert "--force" in again.err
    checked = run("inspect", scripted, "--run", "--json")
    assert checked.code == 0, checked.err
    assert checked.json()["run"]["deploy_yaml"] is checked.json()["run"]["warning"] is None


@pytest.mark.slow
def test_init_again_keeps_other_lines_and_replaces_the_sample(run: Run, linear: Path) -> None:
    assert run("init", linear).code == 0
    spec, sample = linear.parent / "deploy.yaml", linear.parent / "sample"
    assert yaml.safe_load(spec.read_text())["outputs"][0]["dims"] == [-1]
    spec.write_text("smoke_test: {seed: 7}  # ours\n")
    (sample / "expected.npz").rename(sample / "expected.npy")
    assert run("init", linear, "--force").code == 0
    assert spec.read_text() == "smoke_test: {seed: 7}  # ours\n"
    assert {each.name for each in sample.iterdir()} == {"input.npz", "expected.npz"}


def test_model_without_shapes_needs_an_input(run: Run, scripted: Path) -> None:
    ended = run("init", scripted)
    assert ended.code == 2
    assert "--input input.npz" in ended.err
    assert {each.name for each in scripted.parent.iterdir()} == {"model.pt"}


@pytest.mark.parametrize(("format_of", "package"), [("pt", "torch"), ("onnx", "onnxruntime")])
def test_missing_package_is_named(
    run: Run, model: Path, linear: Path, format_of: str, package: str, monkeypatch: Any
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *rest: None if name == package else find(name)
    )
    ended: Ended = run("inspect", model if format_of == "pt" else linear, "--run")
    assert ended.code == 2
    assert f"needs the package {package}, which is not installed." in ended.err
    assert f"python -m pip install {package}" in ended.err


def test_options_of_a_run_need_a_run(run: Run, model: Path) -> None:
    for option in (("--write",), ("--input", model)):
        assert "need --run" in run("inspect", model, *option).err


def test_input_of_a_run_has_a_supported_suffix(run: Run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    ended = run("inspect", model, "--run", "--input", tmp_path / "notes.txt")
    assert (ended.code, "Unsupported input" in ended.err) == (2, True)


@pytest.mark.slow
def test_model_that_cannot_be_run_here_ends_with_1(
    run: Run, linear: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modeldrop.model_run.run.SECONDS", 0.01)
    ended = run("inspect", linear, "--run")
    assert ended.code == 1
    assert "had not finished after 0.01 s" in ended.err
    assert sys.executable not in ended.err
