"""Deploys a model from a real MLflow Model Registry, as docs/recipes.md shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import mlflow
import pytest

import modeldrop
from modeldrop.local import tools
from tests import onnx_models

if TYPE_CHECKING:
    from pathlib import Path

    from modeldrop.local.cloud_state import EmbeddedCloud

PAGE = (tools.PROJECT_ROOT / "docs" / "recipes.md").read_text()


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> mlflow.MlflowClient:
    """A registry in files. MLflow requires consent, because databases have more features."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "mlruns").as_uri())
    return mlflow.MlflowClient()


def register(registry: mlflow.MlflowClient, name: str, *files: Path) -> str:
    with mlflow.start_run() as run:
        for file in files:
            mlflow.log_artifact(str(file), "model")
    registry.create_registered_model(name)
    artifacts = f"{run.info.artifact_uri}/model"
    version: str = registry.create_model_version(name, artifacts, run.info.run_id).version
    return version


def test_recipe_deploys_a_registered_version_and_tags_it(
    embedded: EmbeddedCloud,
    registry: mlflow.MlflowClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "model.onnx").write_bytes(onnx_models.content(onnx_models.linear()))
    (tmp_path / "deploy.yaml").write_text("smoke_test: {requests: 2}\n")
    version = register(registry, "linear", tmp_path / "model.onnx", tmp_path / "deploy.yaml")
    for name, value in embedded.environment().items():
        monkeypatch.setenv(name, value)
    [program] = re.findall(
        r"```python\n(import modeldrop\n.*?drop_registered.*?)```", PAGE, re.DOTALL
    )
    exec(program, {})  # noqa: S102 - the code is from our page
    tags = registry.get_model_version("linear", version).tags
    assert tags["modeldrop.status"] == "SUCCEEDED"
    assert tags["modeldrop.endpoint"] == "modeldrop-linear"
    assert tags["modeldrop.version_label"] == "v1"
    modeldrop.Endpoint("linear").delete()


def test_version_without_a_model_file_is_not_dropped(
    registry: mlflow.MlflowClient, tmp_path: Path
) -> None:
    (tmp_path / "model.pkl").write_bytes(b"")
    version = register(registry, "pickled", tmp_path / "model.pkl")
    with pytest.raises(modeldrop.UsageError, match="needs one model file, but has none"):
        modeldrop.drop_registered("pickled", version)
