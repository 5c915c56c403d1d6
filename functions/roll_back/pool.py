"""Rolls back a deployment into a pool; the other models and the live version stay."""

from __future__ import annotations

from workflow.contracts.deploy_model import RollBackInput, RollBackOutput
from workflow.errors import EndpointBusy
from workflow.pool.departure import is_settled, remove_from_pool
from workflow.pool.endpoint_configs import is_undone
from workflow.pool.lock import release, take
from workflow.versions.deployment_record import superseded_record, withdraw


def leave_pool(event: RollBackInput, pool: str, bucket: str) -> RollBackOutput:
    """Undo what this execution did to the pool, and remove a pool without models; idempotent.

    Record Deployment may have failed after it moved the pointer to the live version, or after it
    marked a change of the endpoint as tested. The pool's endpoint returns to its previous config
    before the version is removed.
    """
    deployment = event.deployment
    try:
        take(bucket, pool, deployment.execution_arn)
    except EndpointBusy:
        remaining = [] if event.restoring else [f"version {deployment.version}"]
        return RollBackOutput(done=False, remaining=remaining)
    withdraw(bucket, deployment, superseded_record(bucket, deployment))
    if not is_undone(deployment.endpoint, deployment.execution_arn):
        return RollBackOutput(
            done=False, remaining=[f"endpoint {deployment.endpoint} with the config of this drop"]
        )
    if not event.restoring:
        remove_from_pool(bucket, pool, deployment.model, [deployment.version])
    done = is_settled(bucket, pool, deployment.endpoint)
    if done:
        release(bucket, pool, deployment.execution_arn)
    return RollBackOutput(done=done, remaining=[] if done else [f"endpoint {deployment.endpoint}"])
