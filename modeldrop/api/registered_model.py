"""`modeldrop.drop_registered`: deploys a version from MLflow's Model Registry, and logs the result.

It needs the extra `mlflow`. The environment variable MLFLOW_TRACKING_URI selects the registry.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_packager.model_files import MODEL_FILES
from modeldrop.api.deployment import DeploymentFailed, drop
from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow import MlflowClient

    from modeldrop.api.stack import Stack

TAGS = ("status", "version_label", "version", "endpoint", "region", "execution_arn", "cause")
"""The keys of the notification that become tags of the model version, with the prefix
"modeldrop."."""


def drop_registered(
    registered: str, version: str | int, *, name: str | None = None, stack: Stack | None = None
) -> dict[str, Any]:
    """Deploy a model version from MLflow's Model Registry, and wait for the end.

    The result becomes tags of the model version, such as `modeldrop.status` and
    `modeldrop.endpoint`, even if the deployment failed. deploy.yaml, labels.txt and sample/ next to
    the model file belong to the drop.

    Args:
        registered: the name of the registered model.
        version: the version of the registered model.
        name: the model's name; by default the name of the registered model.
        stack: the stack to deploy to; by default the stack in samconfig.toml.

    Returns:
        The notification (docs/notifications.md).

    Raises:
        UsageError: MLflow is not installed, or the version has no model file that can be dropped.
        DeploymentFailed: the deployment failed or was superseded.
        ModelRejected, SpecRejected: as for `modeldrop.drop`. Nothing was uploaded or tagged.
    """
    try:
        import mlflow
    except ModuleNotFoundError as error:
        raise UsageError(
            "The package mlflow is not installed.", "Install it: pip install modeldrop[mlflow]"
        ) from error
    client = mlflow.MlflowClient()
    with tempfile.TemporaryDirectory(prefix="modeldrop-mlflow-") as folder:
        source = f"models:/{registered}/{version}"
        mlflow.artifacts.download_artifacts(source, dst_path=folder)
        deployment = drop(_model_file(Path(folder), source), name=name or registered, stack=stack)
    try:
        content = deployment.wait()
    except DeploymentFailed as failed:
        _log(client, registered, str(version), failed.content)
        raise
    _log(client, registered, str(version), content)
    return content


def _model_file(folder: Path, source: str) -> Path:
    found = sorted(each for each in folder.rglob("*") if each.name in MODEL_FILES)
    if len(found) != 1:
        listed = ", ".join(each.name for each in found) or "none"
        raise UsageError(
            f"{source} needs one model file, but has {listed}.",
            f"Log one of these as an artifact: {', '.join(MODEL_FILES)}.",
        )
    return found[0]


def _log(client: MlflowClient, registered: str, version: str, content: Mapping[str, Any]) -> None:
    for key in TAGS:
        if content.get(key):
            client.set_model_version_tag(registered, version, f"modeldrop.{key}", content[key])
