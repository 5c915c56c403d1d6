"""Rejects a version that its pool has no memory for, before anything starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names.pool import pool_archive_key
from model_packager.sagemaker.pool.fit import PooledModel, check_pool_fit
from workflow.pool.live_models import archive_sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model_packager.stored import Deployment, DeploymentRecord, ServableModel


def require_room(
    bucket: str,
    deployment: Deployment,
    servable: ServableModel,
    records: Sequence[DeploymentRecord],
) -> None:
    """Check that the version and the live models of the pool fit onto the instances together.

    Args:
        bucket: the artifact bucket, which has the archives.
        deployment: the version's deployment; its archive exists.
        servable: the model, with the instances of the pool.
        records: the records of the live versions in the pool.

    Raises:
        SpecRejected: they do not fit.
    """
    pool = deployment.pool or ""
    sizes = archive_sizes(bucket, pool)

    def pooled(of: Deployment, model: ServableModel) -> PooledModel:
        key = pool_archive_key(pool, of.model, of.version)
        return PooledModel.of(model.spec, sizes.get(key, 0))

    live = [
        pooled(each.deployment, each.servable)
        for each in records
        if each.deployment.target_model != deployment.target_model
    ]
    check_pool_fit(pool, live, pooled(deployment, servable), servable.hosting.instance_type)
