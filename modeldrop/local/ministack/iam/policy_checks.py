"""Messages of the route by which the local SageMaker asks MiniStack's IAM.

MiniStack's Python also imports this file; of this project's dependencies it has only pydantic.
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
        action: such as "sagemaker:CreateModel".
        resource: an ARN, or "*" for an action without resource types.
        context: condition keys and their values, such as "iam:PassedToService".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: str
    resource: str = "*"
    context: dict[str, str | list[str]] = {}


class CheckRequest(BaseModel):
    """Whether the owner of an access key has permissions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    access_key: str
    permissions: list[Permission]


class Denial(BaseModel):
    """A permission that the caller does not have, and AWS's sentence for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    permission: Permission
    message: str


class IamError(BaseModel):
    """An error of IAM or STS itself, such as an unknown access key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    message: str


class CheckResponse(BaseModel):
    """The denied permissions, in the order of the request; or why there is no decision."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    denials: list[Denial] = []
    error: IamError | None = None


class SessionRequest(BaseModel):
    """A service assumes a role, as `service` in the role's trust policy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role_arn: str
    service: str
    session_name: str


class SessionResponse(BaseModel):
    """Credentials of the assumed role; or why the service may not assume it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    access_key: str = ""
    secret_key: str = ""
    session_token: str = ""
    error: IamError | None = None


class CredentialsRequest(BaseModel):
    """Whose access key it is; `session_token` is empty without one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    access_key: str
    session_token: str = ""


class CredentialsResponse(BaseModel):
    """The credentials with this access key; or why it is not accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    credentials: Credentials | None = None
    error: IamError | None = None
