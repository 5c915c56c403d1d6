"""The deployment reports in the artifact bucket, and signed URLs for them.

The user's own credentials sign the URLs, because a URL from a function would expire with the
function's session.
"""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from botocore.config import Config

from model_packager.names.report import REPORT_FOLDER, REPORT_INDEX, summary_key
from modeldrop.errors import UsageError
from modeldrop.model_names import check_name, unknown_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from boto3 import Session
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

URL_SECONDS = 3600

PAGE_LINK = b' data-page="'
"""The attribute that names another page in templates/index.html.j2 and report.html.j2. Stored pages
have no links, because links would not work from a signed URL or a single file."""

_LABEL = re.compile(r"v(\d{1,9})")

_PAGE_NAME = re.compile(r' data-page="([^"]*)"')

_SIGNATURE = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
"""S3 refuses SigV2 for an object with a KMS key, and boto3 presigns with SigV2 in the older Regions
(boto/boto3#2680). With virtual addressing, boto3 uses the regional host (boto/boto3#4768). The
global host redirects requests for a new bucket, which invalidates the signature
(ansible-collections/community.aws#637).
"""


def find_report(s3: S3Client, bucket: str, model: str | None, version: str | None) -> str:
    """Return the key of the newest report of a model or version, or of the index.

    Args:
        s3: a client.
        bucket: the artifact bucket.
        model: the model's name; None for the index.
        version: the version's label, such as v2, or the beginning of its name; None for any.

    Raises:
        UsageError: there is no report, or the name is invalid.
    """
    if model is None:
        if next(_listed(s3, bucket, REPORT_INDEX), None) is None:
            raise UsageError("No reports yet. The first deployment writes one.")
        return REPORT_INDEX
    check_name(model)
    number = _number(version)
    prefix = version if version and number is None else ""
    found = [
        each
        for each in _listed(s3, bucket, f"{REPORT_FOLDER}{model}/{prefix}")
        if each["Key"].endswith(".html")
        and (number is None or _number_of(s3, bucket, each["Key"]) == number)
    ]
    if not found:
        what = f"{model}, version {version}" if version else model
        raise unknown_model(s3, bucket, model, f"No report of {what}.")
    return max(found, key=lambda each: (each["LastModified"], each["Key"]))["Key"]


def _number(version: str | None) -> int | None:
    """Return the number in a label such as v2; None for other names."""
    label = _LABEL.fullmatch(version or "")
    return int(label[1]) if label else None


def _number_of(s3: S3Client, bucket: str, page: str) -> object:
    """Return the number of a report's version, from the summary next to its page."""
    try:
        summary = json.loads(_content(s3, bucket, summary_key(page)))
    except s3.exceptions.NoSuchKey:
        return None
    return summary.get("number")


def signed_url(session: Session, bucket: str, key: str) -> str:
    """Return a URL of the object that is valid for an hour."""
    return _signed_url(session.client("s3", config=_SIGNATURE), bucket, key)


def _signed_url(s3: S3Client, bucket: str, key: str) -> str:
    return s3.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=URL_SECONDS
    )


def index_with_links(session: Session, bucket: str) -> str | None:
    """Return the index with a signed URL for each report; None if there is no index."""
    s3 = session.client("s3")
    if next(_listed(s3, bucket, REPORT_INDEX), None) is None:
        return None
    signing = session.client("s3", config=_SIGNATURE)

    def link(match: re.Match[str]) -> str:
        url = _signed_url(signing, bucket, unquote(html.unescape(match[1])))
        return f' href="{html.escape(url)}"'

    return _PAGE_NAME.sub(link, _content(s3, bucket, REPORT_INDEX).decode())


def save(s3: S3Client, bucket: str, key: str, file: Path) -> None:
    """Write one page to a file."""
    file.write_bytes(_content(s3, bucket, key))


def save_all(s3: S3Client, bucket: str, folder: Path) -> int:
    """Write the index and all pages, with working links, to a folder; return their number."""
    keys = [REPORT_INDEX, *(each["Key"] for each in _listed(s3, bucket, REPORT_FOLDER))]
    pages = [key for key in keys if key.endswith(".html") and ".." not in key.split("/")]
    for key in pages:
        file = folder / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(with_links(_content(s3, bucket, key)))
    return len(pages)


def with_links(page: bytes) -> bytes:
    """Turn the names of other pages into links, for pages in the same folder."""
    return page.replace(PAGE_LINK, b' href="')


def _content(s3: S3Client, bucket: str, key: str) -> bytes:
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def _listed(s3: S3Client, bucket: str, prefix: str) -> Iterator[ObjectTypeDef]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", [])
