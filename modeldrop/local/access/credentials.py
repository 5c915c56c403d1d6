"""The credentials of the embedded cloud's owner, or of a session that it issued.

MiniStack's Python also imports this file. It has only one dependency of this project: pydantic.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

_PREFIX = "LOCAL"  # AWS's keys begin with AKIA or ASIA (IAM user guide, "IAM identifiers")
_LENGTH = 20


class Credentials(BaseModel):
    """An access key with its secret; a session also has a token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    access_key: str
    secret_key: str = Field(repr=False)
    session_token: str = Field(default="", repr=False)

    def environment(self) -> dict[str, str]:
        """Return the environment variables for AWS tools, without a session token."""
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}

    @property
    def page_key(self) -> str:
        """The secret part of the status page's link, which only the owner knows."""
        digest = hmac.new(self.secret_key.encode(), b"status page", hashlib.sha256)
        return digest.hexdigest()[:32]


class Known(NamedTuple):
    """Credentials that a cloud accepts, and whether they belong to its owner."""

    credentials: Credentials
    is_owner: bool


def random_credentials() -> Credentials:
    """Return new, random credentials for an owner."""
    letters = string.ascii_uppercase + string.digits
    rest = "".join(secrets.choice(letters) for _ in range(_LENGTH - len(_PREFIX)))
    return Credentials(access_key=f"{_PREFIX}{rest}", secret_key=secrets.token_urlsafe(30))
