"""A resumable upload to S3, which does not send parts that S3 already has.

s3transfer, which boto3's upload_file uses, also sends parts in parallel, but aborts interrupted
uploads.

Nothing is stored on this computer. S3 lists unfinished uploads and their parts, and a checksum
identifies each part (S3 user guide, "Uploading and copying objects using multipart upload").
"""

from __future__ import annotations

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.aws_limits import PARTS
from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, MultipartUploadTypeDef, PartTypeDef

    Sent = Callable[[int], object]

MIB = 1024 * 1024
PART_BYTES = 8 * MIB
THREADS = 4
"""This many parts are in memory, for any file size."""

MULTIPART_FROM_BYTES = 2 * PART_BYTES
"""Smaller files are sent in one request, because sending them again is fast."""


@dataclass(frozen=True)
class Part:
    """A part of the file, in bytes."""

    number: int
    start: int
    size: int


def parts_of(size: int) -> list[Part]:
    """Divide a file into parts; equal sizes give equal parts."""
    each = PART_BYTES
    while each * PARTS.value < size:
        each *= 2
    starts = range(0, size, each)
    return [Part(at + 1, start, min(each, size - start)) for at, start in enumerate(starts)]


def etag_of(file: Path) -> str:
    """Return the entity tag of the object that `upload` creates, without a KMS key.

    For a multipart upload, it is the MD5 of the parts' MD5s and the number of parts (S3 user guide,
    "Checking object integrity").
    """
    size = file.stat().st_size
    with file.open("rb") as opened:
        if size < MULTIPART_FROM_BYTES:
            return hashlib.md5(opened.read(), usedforsecurity=False).hexdigest()
        parts = parts_of(size)
        digests = (
            hashlib.md5(opened.read(part.size), usedforsecurity=False).digest() for part in parts
        )
        of_all = hashlib.md5(b"".join(digests), usedforsecurity=False)
        return f"{of_all.hexdigest()}-{len(parts)}"


def upload(
    s3: S3Client,
    file: Path,
    bucket: str,
    key: str,
    sent: Sent = lambda _bytes: None,
    completing: Callable[[], object] = lambda: None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Upload a file.

    Args:
        s3: a client.
        file: the file, which must not change during the upload.
        bucket: the target bucket.
        key: the key of the object.
        sent: called with the number of bytes that S3 received, from several threads.
        completing: called before the request that creates the object.
        metadata: the metadata of the object. A resumed upload keeps that of its first attempt.

    Raises:
        UsageError: the file changed during the upload; the object is unchanged.
        ClientError, BotoCoreError: the upload failed; S3 keeps the parts for the next `upload` of
            the same file.
    """
    before = file.stat()
    if before.st_size < MULTIPART_FROM_BYTES:
        completing()
        with file.open("rb") as opened:
            s3.put_object(Bucket=bucket, Key=key, Body=opened, Metadata=metadata or {})
        sent(before.st_size)
        return
    multipart = _MultipartUpload(s3, file, bucket, key, metadata or {})
    upload_id, there = multipart.begin()
    sent(sum(part.size for part in parts_of(before.st_size) if part.number in there))
    completed = multipart.send(upload_id, there, sent)
    after = file.stat()
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise UsageError(
            f"{file} changed during the upload.", "Upload it again once it is complete."
        )
    completing()
    s3.complete_multipart_upload(
        Bucket=bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": completed}
    )


@dataclass(frozen=True)
class _MultipartUpload:
    s3: S3Client
    file: Path
    bucket: str
    key: str
    metadata: Mapping[str, str]

    def begin(self) -> tuple[str, dict[int, CompletedPartTypeDef]]:
        """Resume an unfinished upload of this file, or start one.

        Abort this user's unfinished uploads of other files under this key.
        """
        unfinished = list(self._unfinished())
        there = {each["UploadId"]: self._parts_there(each["UploadId"]) for each in unfinished}
        matching = {upload: parts for upload, parts in there.items() if parts is not None}
        if matching:
            chosen = max(matching, key=lambda upload: len(matching[upload]))
        else:
            chosen = self.s3.create_multipart_upload(
                Bucket=self.bucket,
                Key=self.key,
                ChecksumAlgorithm="SHA256",
                Metadata=self.metadata,
            )["UploadId"]
        self._abort_stale(there.keys() - matching.keys(), chosen)
        return chosen, matching.get(chosen, {})

    def send(
        self, upload: str, there: dict[int, CompletedPartTypeDef], sent: Sent
    ) -> list[CompletedPartTypeDef]:
        """Send the missing parts. On failure, parts in flight still arrive."""
        missing = [part for part in self._parts() if part.number not in there]
        completed = dict(there)
        pool = ThreadPoolExecutor(THREADS)
        try:
            futures = {pool.submit(self._send_part, upload, part): part for part in missing}
            for future in as_completed(futures):
                part = futures[future]
                completed[part.number] = future.result()
                sent(part.size)
        finally:
            pool.shutdown(cancel_futures=True)
        return [completed[number] for number in sorted(completed)]

    def _send_part(self, upload: str, part: Part) -> CompletedPartTypeDef:
        content = self._read(part)
        checksum = _sha256(content)
        response = self.s3.upload_part(
            Bucket=self.bucket,
            Key=self.key,
            UploadId=upload,
            PartNumber=part.number,
            Body=content,
            ChecksumSHA256=checksum,
        )
        return {"PartNumber": part.number, "ETag": response["ETag"], "ChecksumSHA256": checksum}

    def _unfinished(self) -> Iterator[MultipartUploadTypeDef]:
        """Yield the uploads of this key, except those of other programs (other checksums)."""
        pages = self.s3.get_paginator("list_multipart_uploads")
        try:
            for page in pages.paginate(Bucket=self.bucket, Prefix=self.key):
                for each in page.get("Uploads", []):
                    algorithm = each.get("ChecksumAlgorithm", "SHA256")  # not in MiniStack
                    if each["Key"] == self.key and algorithm == "SHA256":
                        yield each
        except ClientError as error:
            # An upload needs s3:PutObject; resuming one also needs s3:ListBucketMultipartUploads.
            if error.response["Error"]["Code"] != "AccessDenied":
                raise

    def _parts_there(self, upload: str) -> dict[int, CompletedPartTypeDef] | None:
        """Return the parts of this file in S3; None if a part differs."""
        own = {part.number: part for part in self._parts()}
        there: dict[int, CompletedPartTypeDef] = {}
        pages = self.s3.get_paginator("list_parts")
        for page in pages.paginate(Bucket=self.bucket, Key=self.key, UploadId=upload):
            for found in page.get("Parts", []):
                part = own.get(found["PartNumber"])
                if part is None or found["Size"] != part.size:
                    return None
                content = self._read(part)
                if not _is_of(found, content):
                    return None
                there[part.number] = {
                    "PartNumber": part.number,
                    "ETag": found["ETag"],
                    "ChecksumSHA256": _sha256(content),
                }
        return there

    def _abort_stale(self, stale: set[str], chosen: str) -> None:
        """Abort this user's other uploads. Other users may still be uploading."""
        if not stale:
            return
        initiators = {each["UploadId"]: each.get("Initiator") for each in self._unfinished()}
        for upload in stale:
            if initiators.get(upload) == initiators.get(chosen):
                self.s3.abort_multipart_upload(Bucket=self.bucket, Key=self.key, UploadId=upload)

    def _parts(self) -> list[Part]:
        return parts_of(self.file.stat().st_size)

    def _read(self, part: Part) -> bytes:
        with self.file.open("rb") as opened:
            opened.seek(part.start)
            return opened.read(part.size)


def _is_of(found: PartTypeDef, content: bytes) -> bool:
    """Compare by SHA-256, or by the ETag if the SHA-256 is missing (moto).

    The ETag is the MD5 only without a KMS key (S3 API reference, Object).
    """
    if "ChecksumSHA256" in found:
        return found["ChecksumSHA256"] == _sha256(content)
    return found["ETag"].strip('"') == hashlib.md5(content, usedforsecurity=False).hexdigest()


def _sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
