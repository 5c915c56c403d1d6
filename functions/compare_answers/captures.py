"""Reads the requests and responses that SageMaker captured.

Format: SageMaker developer guide, "Capture data from real-time endpoint". Clients wrote the
content, so everything is bounded, and unreadable records are skipped.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model_packager.rejection import FAILURES
from workflow.aws.clients import s3

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 256 * 1024 * 1024
"""The maximum to read for one variant. A request and its response take up to 17 MB in base64."""

MAX_OBJECT_BYTES = 64 * 1024 * 1024
"""The maximum to read of one object; the rest is skipped."""


@dataclass(frozen=True)
class Exchange:
    """A captured request with its response.

    Attributes:
        request: a digest of its content. AWS documents no ID that a request and its copy share, but
            the copy has the same content.
        content_type: the response's content type.
        response: the response's body.
    """

    request: bytes
    content_type: str
    response: bytes


class Captures:
    """The exchanges of a variant, oldest first.

    Attributes:
        complete: false once exchanges were skipped because of their size.
    """

    def __init__(self, bucket: str, prefix: str) -> None:
        """Store the key prefix of the variant. Iterating reads the objects."""
        self._bucket = bucket
        self._prefix = prefix
        self.complete = True

    def __iter__(self) -> Iterator[Exchange]:
        """Read the objects in the order of their keys, which is chronological."""
        left = MAX_BYTES
        pages = s3().get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
            for each in page.get("Contents", []):
                size = min(each["Size"], MAX_OBJECT_BYTES, left)
                self.complete = self.complete and size == each["Size"]
                if size:
                    left -= size
                    yield from self._exchanges(each["Key"], size)

    def _exchanges(self, key: str, size: int) -> Iterator[Exchange]:
        body = s3().get_object(Bucket=self._bucket, Key=key, Range=f"bytes=0-{size - 1}")["Body"]
        for line in body.read().splitlines():
            exchange = exchange_of(line)
            if exchange is not None:
                yield exchange


def read_captures(bucket: str, prefix: str) -> Captures:
    """Return the exchanges below a key prefix."""
    return Captures(bucket, prefix)


def exchange_of(line: bytes) -> Exchange | None:
    """Read one record; None if it is damaged, cut off, or lacks the request or the response."""
    try:
        data = json.loads(line)["captureData"]
        request, response = _content(data["endpointInput"]), _content(data["endpointOutput"])
        content_type = data["endpointInput"]["observedContentType"]
        digest = hashlib.sha256(f"{content_type}\n".encode() + request).digest()
        return Exchange(digest, str(data["endpointOutput"]["observedContentType"]), response)
    except FAILURES:
        return None


def _content(payload: dict[str, Any]) -> bytes:
    text: str = payload["data"]
    if payload["encoding"] == "BASE64":
        return base64.b64decode(text, validate=True)
    return text.encode()
