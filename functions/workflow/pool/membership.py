"""Checks that a model stays on its own endpoint or in its pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.version import drop_order
from workflow.errors import ModelRejected
from workflow.versions.deployment_record import read_live, read_record
from workflow.versions.drop_order import superseded

if TYPE_CHECKING:
    from model_packager.stored import Deployment


def require_same_home(bucket: str, deployment: Deployment) -> None:
    """Check that a live model is on the endpoint on which the drop would deploy it.

    Raises:
        ModelRejected: the model has an endpoint of its own, or is in another pool.
    """
    live = read_live(bucket, deployment.model)
    if live is None or live.pool == deployment.pool:
        return
    home = f"in the pool {live.pool}" if live.pool else "on an endpoint of its own"
    spec = f"{{mode: pool, pool: {live.pool}}}" if live.pool else "{mode: real_time}"
    raise ModelRejected(
        f"{deployment.model} is live {home}, and a drop cannot move it.",
        f"Retire the model first (modeldrop delete {deployment.model}), then upload it again. Or "
        f"set hosting: {spec} in deploy.yaml.",
    )


def require_next(bucket: str, deployment: Deployment) -> None:
    """Check that the version may replace the model's live version. The caller has the lock.

    Raises:
        SupersededDrop: a later version is live.
    """
    live = read_live(bucket, deployment.model)
    if live is None:
        return
    record = read_record(bucket, deployment.model, live.version)
    sequencer = record.deployment.sequencer if record else None
    own = drop_order(deployment.version, deployment.sequencer)
    if drop_order(live.version, sequencer) > own:
        raise superseded(deployment, live.version, f"in the pool {deployment.pool}")
