from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modeldrop.local.sagemaker.triton.missing_backends import missing_backend

if TYPE_CHECKING:
    from pathlib import Path


def put(repository: Path, model: str, config: str) -> None:
    (repository / model).mkdir()
    (repository / model / "config.pbtxt").write_text(config)


@pytest.mark.parametrize(
    "config",
    ['platform: "pytorch_libtorch"', 'backend: "python"', 'backend: "my_own"', "platform: {", ""],
)
def test_model_is_left_to_triton(tmp_path: Path, config: str) -> None:
    put(tmp_path, "cat", config)
    assert missing_backend(tmp_path, "cat") is None


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ('platform: "tensorrt_plan"', "its platform is tensorrt_plan, which needs an NVIDIA GPU"),
        (
            'backend: "tensorflow"',
            "its backend is tensorflow, for which the local tritonserver has no",
        ),
        ('platform: "torch_aoti"', "which Triton supports from 26.03 on"),
    ],
)
def test_missing_backend_has_a_reason(tmp_path: Path, config: str, reason: str) -> None:
    put(tmp_path, "cat", config)
    assert reason in str(missing_backend(tmp_path, "cat"))


def test_step_of_an_ensemble(tmp_path: Path) -> None:
    steps = '{ model_name: "zoo" }, { model_name: "cat" }, { model_name: "gone" }'
    put(tmp_path, "zoo", f'platform: "ensemble" ensemble_scheduling {{ step [ {steps} ] }}')
    put(tmp_path, "cat", 'backend: "tensorrt"')
    assert "does not serve the model cat" in str(missing_backend(tmp_path, "zoo"))
