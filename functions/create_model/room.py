"""Refuses a version for which its pool has no memory, before anything is started for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.names import pool_archive_key
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
    """Return if the live models of the pool and the version fit onto the instances together.

    Args:
        bucket: with the archives.
        deployment: of the version, whose archive exists.
        servable: with the instances of the pool.
        records: of the live versions in the pool.

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
