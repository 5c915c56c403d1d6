"""The uploader and the commit of a model, in the metadata of the dropped object.

`modeldrop drop` writes both. S3's event names only the account of the uploader (S3 user guide,
"EventBridge event message structure", requester). Anyone who may upload a model may write any
metadata. So the metadata only informs people, and anything but a commit and an ARN of the event's
account is ignored.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model_packager.stored import Source

CALLER = "modeldrop-caller"
"""The key of the uploader's ARN; S3 prepends x-amz-meta-."""

GIT_COMMIT = "git-commit"

_SHOWN_DIGITS = 10

_ARN = re.compile(
    r"arn:[a-z-]+:(?:iam|sts)::(?P<account>\d{12}):(?P<name>[\w+=,.@/-]{1,160})", re.ASCII
)
"""The characters of the names of users, roles and sessions (IAM user guide, "IAM and STS quotas";
AssumeRole API reference, RoleSessionName)."""

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ACCOUNT = re.compile(r"\d{12}")


def upload_metadata(caller: str | None, commit: str | None) -> dict[str, str]:
    """Return the metadata of an upload.

    Args:
        caller: the uploader's ARN, as GetCallerIdentity returns it; None if unknown.
        commit: the commit of the working copy, in hex; None if unknown.
    """
    values = {CALLER: caller, GIT_COMMIT: commit}
    return {key: value for key, value in values.items() if value}


def caller_in(metadata: Mapping[str, str], account: str | None) -> str | None:
    """Return the uploader's name in the metadata, such as user/ann.

    Args:
        metadata: the metadata of the dropped object.
        account: the uploader's account, from S3's event; None if unknown.

    Returns:
        The name; None if there is none, or if it belongs to another account.
    """
    arn = _ARN.fullmatch(metadata.get(CALLER, ""))
    if arn is None or account not in (None, arn["account"]):
        return None
    return arn["name"]


def commit_in(metadata: Mapping[str, str]) -> str | None:
    """Return the commit in the metadata; None if there is none."""
    commit = _COMMIT.fullmatch(metadata.get(GIT_COMMIT, ""))
    return commit[0] if commit else None


def upload_text(source: Source) -> str | None:
    """Return who uploaded the object and from which commit, for people; None if neither is known.

    Example: `user/ann, commit 3f9a1c2b04`.
    """
    parts = [_who(source.dropped_by)] if source.dropped_by else []
    if source.git_commit:
        parts.append(f"commit {source.git_commit[:_SHOWN_DIGITS]}")
    return ", ".join(parts) or None


def _who(dropped_by: str) -> str:
    return f"account {dropped_by}" if _ACCOUNT.fullmatch(dropped_by) else dropped_by
