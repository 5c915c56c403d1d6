"""Deployment records as the workflow writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from model_packager.names.artifact import live_key, record_key
from model_packager.names.endpoint import endpoint_name
from model_packager.sagemaker.hosting import Hosting
from model_packager.signature import Signature
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.stored import Deployment, DeploymentRecord, Live, Package, ServableModel, Source
from tests.smoke_results import RANDOM

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "artifacts"
PREFIX = "modeldrop"
ROLE = "arn:aws:iam::123456789012:role/modeldrop"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:deploy-model:first"

OLDEST = "20260731T080000Z-ffffffff"
MIDDLE = "20260801T151224Z-3f9a1c2b"
NEWEST = "20260802T070000Z-0a1b2c3d"


def record(
    version: str,
    model: str = "resnet",
    supersedes: str | None = None,
    version_id: str | None = "v1",
    number: int | None = None,
) -> DeploymentRecord:
    return DeploymentRecord(
        deployment=Deployment(
            model=model,
            version=version,
            endpoint=endpoint_name(PREFIX, model),
            execution_arn=EXECUTION,
            number=number,
        ),
        deployed_at=datetime(2026, 8, 3, tzinfo=UTC),
        restored=False,
        supersedes=supersedes,
        source=Source(bucket="drops", key=f"{model}/model.pt", etag="abc", version_id=version_id),
        package=Package(artifact_uri=f"s3://{BUCKET}/model.tar.gz", source_checksum=None),
        servable=ServableModel(
            signature=Signature(inputs=(), outputs=(), max_batch_size=8),
            spec=DeploySpec(),
            hosting=Hosting(
                image="triton",
                instance_type="ml.g4dn.xlarge",
                instance_count=2,
                environment={},
                model_download_timeout_seconds=1800,
                startup_timeout_seconds=900,
            ),
            config_pbtxt="",
            has_labels=False,
            warnings=(),
        ),
        smoke=RANDOM.model_copy(update={"golden": "sample/expected.npy"}),
        recovered_errors=[],
        timings={},
    )


def keep(s3: S3Client, written: DeploymentRecord) -> None:
    """Put a record at the key that the workflow uses."""
    deployment = written.deployment
    key = record_key(deployment.model, deployment.version)
    s3.put_object(Bucket=BUCKET, Key=key, Body=written.model_dump_json())


def note_live(
    s3: S3Client, written: DeploymentRecord, asleep_since: datetime | None = None
) -> None:
    """Write live.json for a live or sleeping version, like the workflow."""
    deployment = written.deployment
    live = Live(
        model=deployment.model,
        version=deployment.version,
        endpoint=deployment.endpoint,
        source=written.source,
        since=written.deployed_at,
        record=record_key(deployment.model, deployment.version),
        asleep_since=asleep_since,
        pool=deployment.pool,
    )
    s3.put_object(Bucket=BUCKET, Key=live_key(deployment.model), Body=live.model_dump_json())
