"""The lock of a pool: one execution at a time changes its endpoint, its archives and its pointers.

Otherwise the last model could leave, and delete the endpoint, while another one joins. And with two
versions under test, nobody could tell which of them pushed a neighbor out of memory. An execution
that has ended holds no lock, so nothing has to be cleaned up after it.
"""

from __future__ import annotations

from model_packager.names.pool import pool_lock_key
from model_packager.stored import Claim
from workflow.aws.clients import s3
from workflow.aws.s3_object import S3Object, put_if_unchanged, read_object
from workflow.errors import EndpointBusy
from workflow.versions.execution import is_running

_JSON = "application/json"


def take(bucket: str, pool: str, execution_arn: str) -> None:
    """Take the lock for an execution; idempotent.

    The lock of an execution that has ended is free. Of two executions, S3 lets the faster one take
    it.

    Raises:
        EndpointBusy: another running execution has it.
    """
    key, body = pool_lock_key(pool), Claim(execution_arn=execution_arn).model_dump_json().encode()
    if put_if_unchanged(bucket, key, body, None, _JSON):
        return
    lock = read_object(bucket, key)
    if lock is not None:
        holder = _holder(lock)
        if holder == execution_arn:
            return
        if not is_running(holder) and put_if_unchanged(bucket, key, body, lock.etag, _JSON):
            return
    raise EndpointBusy(
        f"Another execution is changing the pool {pool}.",
        "No action needed: this step is retried when that execution has ended.",
    )


def release(bucket: str, pool: str, execution_arn: str) -> None:
    """Release the lock, if the execution has it; idempotent."""
    key = pool_lock_key(pool)
    lock = read_object(bucket, key)
    if lock is not None and _holder(lock) == execution_arn:
        s3().delete_object(Bucket=bucket, Key=key)


def _holder(lock: S3Object) -> str:
    """Return the ARN of the execution that has the lock, even if the execution has ended."""
    return Claim.model_validate_json(lock.content).execution_arn
