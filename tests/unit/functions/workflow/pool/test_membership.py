from __future__ import annotations

from datetime import UTC, datetime

import pytest

from model_packager.names.artifact import live_key
from model_packager.stored import Live, Source
from tests.unit.functions.samples import ARTIFACTS, DEPLOYMENT, DROPS, LATER, OLDER
from workflow.aws.clients import s3
from workflow.errors import ModelRejected, SupersededDrop
from workflow.pool.membership import require_next, require_same_home

POOLED = DEPLOYMENT.model_copy(update={"pool": "small", "endpoint": "modeldrop-pool-small"})


def put_live(version: str, pool: str | None) -> None:
    live = Live(
        model="resnet",
        version=version,
        endpoint="modeldrop-pool-small" if pool else "modeldrop-resnet",
        source=Source(bucket=DROPS, key="resnet/model.pt", etag="1"),
        since=datetime.now(UTC),
        record="",
        pool=pool,
    )
    s3().put_object(Bucket=ARTIFACTS, Key=live_key("resnet"), Body=live.model_dump_json().encode())


def test_model_stays_where_it_is_live(buckets: None) -> None:
    require_same_home(ARTIFACTS, POOLED)  # the model is not live
    put_live(OLDER, "small")
    require_same_home(ARTIFACTS, POOLED)
    with pytest.raises(ModelRejected, match="live in the pool small") as caught:
        require_same_home(ARTIFACTS, DEPLOYMENT)
    assert "hosting: {mode: pool, pool: small}" in caught.value.fix
    put_live(OLDER, "large")
    with pytest.raises(ModelRejected, match="live in the pool large"):
        require_same_home(ARTIFACTS, POOLED)
    put_live(OLDER, None)
    with pytest.raises(ModelRejected, match="on an endpoint of its own"):
        require_same_home(ARTIFACTS, POOLED)
    require_same_home(ARTIFACTS, DEPLOYMENT)


def test_later_version_stays_live(buckets: None) -> None:
    require_next(ARTIFACTS, POOLED)
    put_live(OLDER, "small")
    require_next(ARTIFACTS, POOLED)
    put_live(LATER, "small")
    with pytest.raises(SupersededDrop, match=LATER):
        require_next(ARTIFACTS, POOLED)
