"""The argument NAME of the commands, completed in the shell with the models that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from botocore.config import Config

from modeldrop.command.terminal.deployed_stack import StackChoice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

_QUICK = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})


def complete(ctx: typer.Context, incomplete: str) -> list[str]:
    """Name the models that begin so; nothing where they cannot be had at once and in silence."""
    chosen = StackChoice(
        **{name: value for name, value in ctx.params.items() if name in _OPTIONS and value}
    )
    try:
        found = chosen.find()
        s3 = found.session.client("s3", config=_QUICK)
        return sorted(_models(s3, found.artifact_bucket, incomplete))
    except Exception:  # the shell would show it in the middle of the user's line
        return []


_OPTIONS = frozenset(StackChoice.__dataclass_fields__)

ModelName = Annotated[
    str, typer.Argument(metavar="NAME", help="The model's name.", autocompletion=complete)
]


def _models(s3: S3Client, bucket: str, beginning: str) -> Iterator[str]:
    found = s3.list_objects_v2(Bucket=bucket, Prefix=beginning, Delimiter="/")
    for each in found.get("CommonPrefixes", []):
        name = each.get("Prefix", "").rstrip("/")
        if not name.startswith("_"):  # captured requests: model_packager.names.capture_uri
            yield name
