"""Requests and responses of the routes on which MiniStack's IAM decides for the local SageMaker.

MiniStack's Python also imports this file. It has only one dependency of this project: pydantic.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from modeldrop.local.access.credentials import Credentials

CHECK_PATH = "/_modeldrop/iam/check"
"""URL path on MiniStack's port: POST a `CheckRequest`, get a `CheckResponse`."""

SESSION_PATH = "/_modeldrop/iam/session"
"""URL path on MiniStack's port: POST a `SessionRequest`, get a `SessionResponse`."""


CREDENTIALS_PATH = "/_modeldrop/iam/credentials"
"""URL path on MiniStack's port: POST a `CredentialsRequest`, get a `CredentialsResponse`."""


class Permission(BaseModel):
    """An action on a resource, with the condition keys of the request.

    Attributes:
        action: the IAM action, such as "sagemaker:CreateModel".
        resource: the ARN, or "*" for an action without resource types.
        context: the condition keys, such as "iam:PassedToService", with their values.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: str
    resource: str = "*"
    context: dict[str, str | list[str]] = {}


class CheckRequest(BaseModel):
    """Asks whether the owner of an access key has permissions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    access_key: str
    permissions: list[Permission]


class Denial(BaseModel):
    """A permission that the caller lacks, with AWS's message."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    permission: Permission
    message: str


class IamError(BaseModel):
    """An error of IAM or STS itself, such as an unknown access key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    message: str


class CheckResponse(BaseModel):
    """The denied permissions in the order of the request, or an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    denials: list[Denial] = []
    error: IamError | None = None


class SessionRequest(BaseModel):
    """Asks for a session of a role, for the service principal `service`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role_arn: str
    service: str
    session_name: str


class SessionResponse(BaseModel):
    """The credentials of the assumed role, or an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    access_key: str = ""
    secret_key: str = ""
    session_token: str = ""
    error: IamError | None = None


class CredentialsRequest(BaseModel):
    """Asks for the credentials with an access key; `session_token` may be empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    access_key: str
    session_token: str = ""


class CredentialsResponse(BaseModel):
    """The credentials with this access key, or an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    credentials: Credentials | None = None
    error: IamError | None = None
