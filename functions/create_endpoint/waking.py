"""Checks that a model still sleeps with the version that its schedule is to wake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.errors import DuplicateDrop, EndpointBusy, ModelRejected, SupersededDrop
from workflow.versions.deployment_record import read_live
from workflow.versions.execution import is_running

if TYPE_CHECKING:
    from model_packager.stored import Deployment


def require_asleep(bucket: str, deployment: Deployment) -> None:
    """Check that the model sleeps with this version, and that no execution is putting it to sleep.

    A schedule names the version that was live when it was set, and EventBridge Scheduler may start
    an execution twice, or late (its user guide).

    Raises:
        DuplicateDrop: the model is awake.
        SupersededDrop: another version has gone live since.
        ModelRejected: the model was retired.
        EndpointBusy: another execution is putting the model to sleep.
    """
    model, version = deployment.model, deployment.version
    live = read_live(bucket, model)
    if live is None:
        raise ModelRejected(f"{model} was retired.", "To deploy the model, upload it again.")
    if live.version != version:
        raise SupersededDrop(
            f"Version {live.version} of {model} has gone live since version {version} went to "
            "sleep.",
            f"No action needed. To deploy the older version anyway: modeldrop rollback {model} "
            f"--to {version}",
        )
    if live.asleep_since is None:
        raise DuplicateDrop(f"{model} is awake.", "No action needed.")
    if live.sleep_execution is not None and is_running(live.sleep_execution):
        raise EndpointBusy(
            f"{model} is being put to sleep by the execution {live.sleep_execution}.",
            "No action needed: this step is retried when that execution has ended.",
        )
