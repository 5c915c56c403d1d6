"""A client for the decisions of MiniStack's IAM, and for sessions of roles."""

from __future__ import annotations

from typing import TypeVar

import httpx
from pydantic import BaseModel

from modeldrop.local.access.credentials import Credentials
from modeldrop.local.access.owner_auth import OwnerAuth
from modeldrop.local.ministack.policy_checks import (
    CHECK_PATH,
    CREDENTIALS_PATH,
    SESSION_PATH,
    CheckRequest,
    CheckResponse,
    CredentialsRequest,
    CredentialsResponse,
    SessionRequest,
    SessionResponse,
)

_TIMEOUT_SECONDS = 30

ResponseT = TypeVar("ResponseT", bound=BaseModel)


class PolicyClient:
    """Sends requests to the IAM of one MiniStack. Thread-safe."""

    def __init__(self, url: str, owner: Credentials) -> None:
        self._http = httpx.Client(
            base_url=url, auth=OwnerAuth(owner), trust_env=False, timeout=_TIMEOUT_SECONDS
        )

    def check(self, request: CheckRequest) -> CheckResponse:
        """Evaluate permissions of a caller."""
        return self._post(CHECK_PATH, request, CheckResponse)

    def assume(self, request: SessionRequest) -> SessionResponse:
        """Assume a role as a service."""
        return self._post(SESSION_PATH, request, SessionResponse)

    def credentials(self, request: CredentialsRequest) -> CredentialsResponse:
        """Look up the credentials with an access key."""
        return self._post(CREDENTIALS_PATH, request, CredentialsResponse)

    def _post(self, path: str, request: BaseModel, response: type[ResponseT]) -> ResponseT:
        reply = self._http.post(path, content=request.model_dump_json())
        return response.model_validate_json(reply.raise_for_status().content)
