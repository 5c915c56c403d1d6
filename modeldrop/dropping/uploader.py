"""Who uploads a drop, and from which commit. A drop does not depend on either."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from model_packager.executions.upload_metadata import DIRTY, upload_metadata

if TYPE_CHECKING:
    from pathlib import Path

    from boto3 import Session

GIT_SECONDS = 5
"""Git compares the files of the working copy, which may be many."""


def metadata_of_upload(session: Session, folder: Path) -> dict[str, str]:
    """Return the metadata of a dropped object.

    Args:
        session: the uploader's.
        folder: of the model, or of the program that makes it.
    """
    return upload_metadata(_caller(session), git_commit(folder))


def git_commit(folder: Path) -> str | None:
    """Return the commit of a working copy, with DIRTY if it has uncommitted changes.

    Returns:
        None if the folder is in no working copy that the user owns (git, safe.directory), or if Git
        is missing or too slow.
    """
    command = f"git --no-optional-locks describe --always --dirty={DIRTY} --abbrev=40 --exclude=*"
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
    """Return the ARN of the credentials. GetCallerIdentity needs no permission."""
    try:
        return str(session.client("sts").get_caller_identity()["Arn"])
    except (BotoCoreError, ClientError):
        return None
