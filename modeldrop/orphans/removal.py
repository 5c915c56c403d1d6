"""Removing orphans, each in its own way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from model_packager.names import live_key
from model_packager.sagemaker.requests import VARIANT
from modeldrop.orphans.find import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from boto3 import Session

    from modeldrop.orphans.find import Orphan

POLL_SECONDS = 2
TIMEOUT_SECONDS = 900


def remove(
    session: Session, orphans: Iterable[Orphan], artifact_bucket: str
) -> Iterator[tuple[Orphan, str | None]]:
    """Remove them in the order given; what is only told of stays.

    Yields:
        each that was tried, and AWS's own words where it could not be removed: an endpoint in
        transition, for one.
    """
    for orphan in orphans:
        if orphan.told_only:
            continue
        try:
            _remove(session, orphan, artifact_bucket)
        except WaiterError:
            yield orphan, f"It is still being deleted after {TIMEOUT_SECONDS} seconds."
        except (BotoCoreError, ClientError) as error:
            yield orphan, str(error)
        else:
            yield orphan, None


def _remove(session: Session, orphan: Orphan, artifact_bucket: str) -> None:
    sagemaker = session.client("sagemaker")
    match orphan.kind:
        case Kind.SCALABLE_TARGET:
            session.client("application-autoscaling").deregister_scalable_target(
                ServiceNamespace="sagemaker",
                ResourceId=f"endpoint/{orphan.name}/variant/{VARIANT}",
                ScalableDimension="sagemaker:variant:DesiredInstanceCount",
            )
        case Kind.ENDPOINT:
            _delete_endpoint(session, orphan.name)
        case Kind.ALARM:
            session.client("cloudwatch").delete_alarms(AlarmNames=[orphan.name])
        case Kind.ENDPOINT_CONFIG:
            sagemaker.delete_endpoint_config(EndpointConfigName=orphan.name)
        case Kind.MODEL:
            sagemaker.delete_model(ModelName=orphan.name)
        case Kind.FILES:
            _delete_files(session, artifact_bucket, f"{orphan.name}/")
        case Kind.LIVE_NOTE:
            session.client("s3").delete_object(Bucket=artifact_bucket, Key=live_key(orphan.name))


def _delete_endpoint(session: Session, name: str) -> None:
    """Wait for its end, too: its config may not be deleted before (DeleteEndpointConfig)."""
    sagemaker = session.client("sagemaker")
    sagemaker.delete_endpoint(EndpointName=name)
    sagemaker.get_waiter("endpoint_deleted").wait(
        EndpointName=name,
        WaiterConfig={"Delay": POLL_SECONDS, "MaxAttempts": TIMEOUT_SECONDS // POLL_SECONDS},
    )


def _delete_files(session: Session, bucket: str, prefix: str) -> None:
    s3 = session.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=found["Key"])
