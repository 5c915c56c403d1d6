"""Checks model names, and lists the models in the artifact bucket."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from model_packager.names.model import is_model_name
from modeldrop.aws_errors import is_denied
from modeldrop.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_s3 import S3Client


def check_name(name: str, argument: str = "NAME") -> None:
    """Check a model name.

    Args:
        name: the model's name.
        argument: the command's argument or option for it.

    Raises:
        UsageError: the name is invalid.
    """
    if "/" in name:
        raise UsageError(f'Invalid model name "{name}": remove the slashes.')
    if not is_model_name(name):
        raise UsageError(
            f'Invalid model name "{name:.200}": set {argument} to letters, digits, "-", "_" and '
            '".", beginning with a letter or a digit, at most 128 characters.'
        )


def model_names(s3: S3Client, bucket: str, prefix: str = "") -> Iterator[str]:
    """Yield the models that have files in the artifact bucket.

    Args:
        s3: a client.
        bucket: the artifact bucket, whose other folders have reports and captured requests.
        prefix: the first characters of the names.
    """
    pages = s3.get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix, Delimiter="/"):
        folders = (each.get("Prefix", "") for each in page.get("CommonPrefixes", []))
        yield from filter(is_model_name, (folder.removesuffix("/") for folder in folders))


def unknown_model(s3: S3Client, bucket: str, model: str, cause: str) -> UsageError:
    """Return the error for a name that a command cannot use. The fix has a similar name.

    Args:
        s3: a client.
        bucket: the artifact bucket.
        model: the name.
        cause: the cause of the error.
    """
    others = [each for each in listable_names(s3, bucket) or [] if each != model]
    similar = similar_name(model, others)
    hint = f"Did you mean {similar}? " if similar else ""
    return UsageError(cause, f"{hint}List the models with:", command=("status",))


def similar_name(model: str, names: Iterable[str]) -> str | None:
    """Return the most similar name; None if none is similar."""
    return next(iter(get_close_matches(model, list(names), n=1)), None)


def listable_names(s3: S3Client, bucket: str) -> list[str] | None:
    """Return all names; None if the user may not list them."""
    try:
        return list(model_names(s3, bucket))
    except ClientError as error:
        if is_denied(error):
            return None
        raise
