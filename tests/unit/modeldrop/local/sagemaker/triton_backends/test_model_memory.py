"""The limit that simulates the memory of a GPU."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from modeldrop.local.sagemaker.triton_backends.model_memory import LIMIT, MEMORY, reserve


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of 100 bytes in the working folder of a multi-model container."""
    monkeypatch.chdir(tmp_path)
    MEMORY.mkdir()
    version = tmp_path / "model" / "1"
    version.mkdir(parents=True)
    (version / "model.onnx").write_bytes(bytes(60))
    (version / "model.onnx.data").write_bytes(bytes(40))
    return version


def test_models_fit_up_to_the_limit(model: Path) -> None:
    reserve(model)  # without a limit
    LIMIT.write_text("250")
    (MEMORY / str(1)).write_text("150")  # the process 1 always runs
    [own] = [each for each in MEMORY.iterdir() if each.name not in {"1", "limit", "lock"}]
    assert own.read_text() == "100"
    own.unlink()
    reserve(model)
    (MEMORY / str(1)).write_text("151")
    own.unlink()
    with pytest.raises(MemoryError, match=r"^CUDA out of memory\. Tried to allocate 100 bytes"):
        reserve(model)


def test_ended_process_takes_no_memory(model: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (MEMORY / str(ended.pid)).write_text("1000")
    LIMIT.write_text("100")
    reserve(model)


def test_container_with_one_model_reserves_nothing(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    reserve(model)
    assert list(other.iterdir()) == []
