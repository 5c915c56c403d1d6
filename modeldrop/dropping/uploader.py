"""The uploader and the commit of a drop, which are only information."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from model_packager.executions.upload_metadata import upload_metadata

if TYPE_CHECKING:
    from pathlib import Path

    from boto3 import Session

GIT_SECONDS = 5


def metadata_of_upload(session: Session, folder: Path) -> dict[str, str]:
    """Return the metadata of a dropped object.

    Args:
        session: the uploader's session.
        folder: the folder of the model, or of the program that creates it.
    """
    return upload_metadata(_caller(session), git_commit(folder))


def git_commit(folder: Path) -> str | None:
    """Return the commit of a working copy, in hex.

    Uncommitted changes are ignored. To find them, Git would run programs from the settings of the
    working copy (git-config, core.fsmonitor; gitattributes, filter), and a model's folder may come
    from a stranger.

    Returns:
        The commit; None if the folder is not in a working copy that the user owns (git,
        safe.directory), or if Git is missing or too slow.
    """
    command = "git rev-parse --verify --quiet HEAD"
    try:
        found = subprocess.run(
            command.split(),
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None


def _caller(session: Session) -> str | None:
    """Return the ARN of the credentials. GetCallerIdentity needs no permission.

    A private network may reach S3 but not STS, so the timeout is short.
    """
    quick = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 1})
    try:
        return str(session.client("sts", config=quick).get_caller_identity()["Arn"])
    except (BotoCoreError, ClientError):
        return None
