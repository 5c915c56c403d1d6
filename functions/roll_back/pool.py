"""Rolls back a deployment into a pool: its other models, and the live version, stay."""

from __future__ import annotations

from model_packager.stored import Deployment
from workflow.contracts.deploy_model import RollBackInput, RollBackOutput
from workflow.errors import EndpointBusy
from workflow.pool.departure import is_settled, remove_from_pool
from workflow.pool.lock import release, take
from workflow.versions.deployment_record import read_live


def leave_pool(event: RollBackInput, pool: str, bucket: str) -> RollBackOutput:
    """Remove the version that this execution brought, and a pool that has no other; idempotent.

    The pointer of the live version needs no change: it moves only after the test.
    """
    deployment = event.deployment
    try:
        take(bucket, pool, deployment.execution_arn)
    except EndpointBusy:
        remaining = [] if event.restoring else [f"version {deployment.version}"]
        return RollBackOutput(done=False, remaining=remaining)
    if not event.restoring and not _is_live(bucket, deployment):
        remove_from_pool(bucket, pool, deployment.model, [deployment.version])
    done = is_settled(bucket, pool, deployment.endpoint)
    if done:
        release(bucket, pool, deployment.execution_arn)
    return RollBackOutput(done=done, remaining=[] if done else [f"endpoint {deployment.endpoint}"])


def _is_live(bucket: str, deployment: Deployment) -> bool:
    live = read_live(bucket, deployment.model)
    return live is not None and live.version == deployment.version
