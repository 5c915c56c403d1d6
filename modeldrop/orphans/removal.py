"""Removes orphans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from model_packager.names.artifact import live_key
from model_packager.sagemaker.requests import scalable_target, update_endpoint_request
from modeldrop.orphans.find import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from boto3 import Session
    from mypy_boto3_sagemaker.type_defs import WaiterConfigTypeDef

    from modeldrop.orphans.find import Orphan

POLL_SECONDS = 2
TIMEOUT_SECONDS = 900
_WAIT: WaiterConfigTypeDef = {
    "Delay": POLL_SECONDS,
    "MaxAttempts": TIMEOUT_SECONDS // POLL_SECONDS,
}


def remove(
    session: Session, orphans: Iterable[Orphan], artifact_bucket: str
) -> Iterator[tuple[Orphan, str | None]]:
    """Remove orphans in this order, except `report_only` ones.

    Yields:
        Each orphan, with AWS's error if the removal failed, for example because of a transition.
    """
    for orphan in orphans:
        if orphan.report_only:
            continue
        try:
            _remove(session, orphan, artifact_bucket)
        except WaiterError:
            yield orphan, f"It takes more than {TIMEOUT_SECONDS} seconds."
        except (BotoCoreError, ClientError) as error:
            yield orphan, str(error)
        else:
            yield orphan, None


def _remove(session: Session, orphan: Orphan, artifact_bucket: str) -> None:
    sagemaker = session.client("sagemaker")
    match orphan.kind:
        case Kind.SCALABLE_TARGET:
            session.client("application-autoscaling").deregister_scalable_target(
                **scalable_target(orphan.name)
            )
        case Kind.TRANSFORM_JOB:
            sagemaker.stop_transform_job(TransformJobName=orphan.name)
        case Kind.ENDPOINT | Kind.SHADOW_VARIANT:
            _release_endpoint(session, orphan)
        case Kind.ALARM:
            session.client("cloudwatch").delete_alarms(AlarmNames=[orphan.name])
        case Kind.ENDPOINT_CONFIG:
            sagemaker.delete_endpoint_config(EndpointConfigName=orphan.name)
        case Kind.MODEL:
            sagemaker.delete_model(ModelName=orphan.name)
        case Kind.FILES:
            _delete_files(session, artifact_bucket, f"{orphan.name}/")
        case Kind.POOL_ARCHIVE | Kind.POOL_LOCK:
            _delete_object(session, artifact_bucket, orphan.name, orphan.etag)
        case Kind.LIVE_JSON:
            _delete_object(session, artifact_bucket, live_key(orphan.name))


def _release_endpoint(session: Session, orphan: Orphan) -> None:
    """Delete an endpoint or remove its shadow variant, and wait until its config is free."""
    sagemaker, name = session.client("sagemaker"), orphan.name
    if orphan.kind is Kind.ENDPOINT:
        sagemaker.delete_endpoint(EndpointName=name)
        sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig=_WAIT)
    elif orphan.live_config is not None:
        request = update_endpoint_request(name, config=orphan.live_config, keep_count=True)
        sagemaker.update_endpoint(**request)
        sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig=_WAIT)


def _delete_files(session: Session, bucket: str, prefix: str) -> None:
    s3 = session.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for listed in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=listed["Key"])


def _delete_object(session: Session, bucket: str, key: str, etag: str | None = None) -> None:
    """Delete an object. With an entity tag, delete it only if it has not changed since the scan.

    An execution may have taken over the lock (DeleteObject API reference, IfMatch).
    """
    s3 = session.client("s3")
    if etag is None:
        s3.delete_object(Bucket=bucket, Key=key)
    else:
        s3.delete_object(Bucket=bucket, Key=key, IfMatch=etag)
