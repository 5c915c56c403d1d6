"""Checks whether the live version was deployed from the files of a drop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.names.drop import drop_folder
from model_packager.names.endpoint import version_in
from modeldrop.dropping.drop import is_sidecar, object_name, uploaded_until
from modeldrop.dropping.resumable_upload import etag_of
from modeldrop.stored_documents import read_live

if TYPE_CHECKING:
    from collections.abc import Container

    from boto3 import Session
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

    from model_packager.stored import Live
    from modeldrop.dropping.drop import Drop


def unchanged_version(
    session: Session, drop_bucket: str, artifact_bucket: str, drop: Drop
) -> str | None:
    """Return the live version if its endpoint serves it and it has exactly these files.

    None in case of doubt: if the user may not read the buckets or the endpoint, or if a KMS key
    encrypts the drop bucket, because then entity tags are not MD5 checksums (S3 API reference,
    Object).

    Raises:
        UsageError: this Modeldrop cannot read live.json.
    """
    s3 = session.client("s3")
    try:
        live = read_live(s3, artifact_bucket, drop.name)
        if live is None or (live.source.bucket, live.source.key) != (drop_bucket, drop.key):
            return None
        if not _has_files(s3, live, drop) or not _is_served(session, live):
            return None
    except ClientError:
        return None
    return live.version


def _has_files(s3: S3Client, live: Live, drop: Drop) -> bool:
    files = {object_name(drop.model): drop.model, **drop.files}
    there = _objects(s3, live.source.bucket, drop_folder(drop.key), files.keys())
    latest = uploaded_until(live.version)
    return (
        there.keys() == files.keys()
        and all(each["LastModified"] <= latest for each in there.values())
        and _tag(there[object_name(drop.model)]) == live.source.etag
        and all(there[name]["Size"] == path.stat().st_size for name, path in files.items())
        and all(_tag(there[name]) == etag_of(path) for name, path in files.items())
    )


def _objects(
    s3: S3Client, bucket: str, folder: str, names: Container[str]
) -> dict[str, ObjectTypeDef]:
    """Return the objects of the last drop, by name. The folder may have other objects."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder)
    listed = {
        each["Key"].removeprefix(folder): each
        for page in pages
        for each in page.get("Contents", [])
    }
    return {name: each for name, each in listed.items() if name in names or is_sidecar(name)}


def _tag(listed: ObjectTypeDef) -> str:
    return listed["ETag"].strip('"')


def _is_served(session: Session, live: Live) -> bool:
    found = session.client("sagemaker").describe_endpoint(EndpointName=live.endpoint)
    served = live.version if live.pool else version_in(live.endpoint, found["EndpointConfigName"])
    return found["EndpointStatus"] == "InService" and served == live.version
