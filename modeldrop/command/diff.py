"""`modeldrop diff`: compare two versions of a model."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer
from botocore.exceptions import ClientError

from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.model_name import ModelName
from modeldrop.command.terminal.screen import Json, console, print_json
from modeldrop.live.version_diff import differences
from modeldrop.live.version_history import find_version, read_history

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from model_packager.stored import DeploymentRecord, Source
    from modeldrop.live.version_diff import Difference

_VERSION = "A version's label, name, or the unique start of its name."


@choosing_stack
def diff(
    chosen: StackChoice,
    name: ModelName,
    old: Annotated[str, typer.Argument(metavar="OLD", help=_VERSION)],
    new: Annotated[str, typer.Argument(metavar="NEW", help=_VERSION)],
    as_json: Json = False,
) -> None:
    """Show what differs between two versions of model NAME.

    It compares the dropped file, deploy.yaml, signature, hosting, latency, and checks. `history`
    lists the retained versions.
    """
    stack = chosen.find()
    history = read_history(
        stack.session, name, prefix=stack.prefix, artifact_bucket=stack.artifact_bucket
    )
    before, after = find_version(history, old), find_version(history, new)
    s3 = stack.session.client("s3")
    found = differences(
        before,
        after,
        old_bytes=_size(s3, before.source),
        new_bytes=_size(s3, after.source),
    )
    if as_json:
        print_json(_document(before, after, found))
    else:
        _show(before, after, found)


def _size(s3: S3Client, source: Source) -> int | None:
    """Return the size of a dropped object in bytes; None if it is deleted or not readable."""
    if source.version_id is None:
        return None  # a later drop may have replaced it
    try:
        found = s3.head_object(Bucket=source.bucket, Key=source.key, VersionId=source.version_id)
    except ClientError:
        return None
    return found["ContentLength"]


def _document(
    before: DeploymentRecord, after: DeploymentRecord, found: list[Difference]
) -> dict[str, Any]:
    return {
        "model": before.deployment.model,
        "old": {"version": before.version, "label": before.label},
        "new": {"version": after.version, "label": after.label},
        "differences": [
            {"section": each.section, "name": each.name, "old": each.old, "new": each.new}
            for each in found
        ],
    }


def _show(before: DeploymentRecord, after: DeploymentRecord, found: list[Difference]) -> None:
    console.print(f"{before.deployment.model}: {before.text} → {after.text}")
    if not found:
        console.print("The records of both versions agree.")
    for section, rows in groupby(found, key=lambda each: each.section):
        console.print(f"\n{section}")
        console.print_rows(
            (f"  {each.name}", f"{each.old or 'none'} → {each.new or 'none'}") for each in rows
        )
