"""The lock of a pool: one execution at a time changes its endpoint, its archives and its pointers.

Otherwise the last model could leave, and delete the endpoint, while another one joins. And with two
versions under test, nobody could tell which of them pushed a neighbor out of memory. An execution
that has ended holds no lock, so nothing has to be cleaned up after it.
"""

from __future__ import annotations

from botocore.exceptions import ClientError

from model_packager.names.pool import pool_lock_key
from model_packager.stored import Claim
from workflow.aws.aws_errors import object_has_changed, object_is_missing
from workflow.aws.clients import s3
from workflow.errors import EndpointBusy
from workflow.versions.execution import is_running


def take(bucket: str, pool: str, execution_arn: str) -> None:
    """Take the lock for an execution; idempotent.

    Raises:
        EndpointBusy: another running execution has it.
    """
    key, body = pool_lock_key(pool), Claim(execution_arn=execution_arn).model_dump_json().encode()
    try:
        s3().put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*")
    except ClientError as error:
        if not object_has_changed(error):
            raise
        _take_over(bucket, pool, execution_arn, body)


def release(bucket: str, pool: str, execution_arn: str) -> None:
    """Release the lock, if the execution has it; idempotent."""
    holder = _read(bucket, pool)
    if holder is not None and holder[0] == execution_arn:
        s3().delete_object(Bucket=bucket, Key=pool_lock_key(pool))


def _take_over(bucket: str, pool: str, execution_arn: str, body: bytes) -> None:
    """Take the lock of an execution that has ended, unless another execution is faster."""
    holder = _read(bucket, pool)
    if holder is None:
        raise _busy(pool)
    owner, etag = holder
    if owner == execution_arn:
        return
    if is_running(owner):
        raise _busy(pool)
    try:
        s3().put_object(Bucket=bucket, Key=pool_lock_key(pool), Body=body, IfMatch=etag)
    except ClientError as error:
        if object_has_changed(error) or object_is_missing(error):
            raise _busy(pool) from error
        raise


def _read(bucket: str, pool: str) -> tuple[str, str] | None:
    """Return the execution that has the lock, and the document's entity tag."""
    try:
        found = s3().get_object(Bucket=bucket, Key=pool_lock_key(pool))
    except ClientError as error:
        if object_is_missing(error):
            return None
        raise
    return Claim.model_validate_json(found["Body"].read()).execution_arn, found["ETag"]


def _busy(pool: str) -> EndpointBusy:
    return EndpointBusy(
        f"Another execution is changing the pool {pool}.",
        "No action needed: this step is retried when that execution has ended.",
    )
