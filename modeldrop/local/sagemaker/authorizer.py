"""Authorizes requests: MiniStack's IAM decides whether a caller has the permissions."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Protocol

from modeldrop.local.ministack.policy_checks import (
    CheckRequest,
    CheckResponse,
    Denial,
    Permission,
)
from modeldrop.local.ministack.policy_client import PolicyClient
from modeldrop.local.sagemaker.errors import ApiError

# Policy changes also take seconds on AWS ("Changes that I make are not always immediately visible",
# IAM user guide).
_CACHE_SECONDS = 1.0
_CACHED = 4096


class Authorizer(Protocol):
    """Decides which permissions a caller has."""

    def denials(self, access_key: str, permissions: Sequence[Permission]) -> Sequence[Denial]:
        """Return the permissions that the owner of the access key does not have."""


class NotEnforced:
    """Allows everything: the cloud does not enforce IAM."""

    def denials(self, _access_key: str, _permissions: Sequence[Permission]) -> Sequence[Denial]:
        """Return no denials."""
        return []


class IamAuthorizer:
    """Asks MiniStack's IAM, and caches the allowed permissions for a second. Thread-safe."""

    def __init__(self, client: PolicyClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._allowed: dict[tuple[str, str], float] = {}

    def denials(self, access_key: str, permissions: Sequence[Permission]) -> Sequence[Denial]:
        """Return the permissions that the owner of the access key does not have.

        Raises:
            ApiError: the access key is unknown or has expired.
        """
        now = time.monotonic()
        with self._lock:
            unknown = [
                each
                for each in permissions
                if self._allowed.get((access_key, each.model_dump_json()), 0) < now
            ]
        if not unknown:
            return []
        response: CheckResponse = self._client.check(
            CheckRequest(access_key=access_key, permissions=unknown)
        )
        if response.error is not None:
            raise ApiError(response.error.code, response.error.message, 403)
        denied = [each.permission for each in response.denials]
        with self._lock:
            if len(self._allowed) > _CACHED:
                self._allowed.clear()
            self._allowed.update(
                {
                    (access_key, each.model_dump_json()): now + _CACHE_SECONDS
                    for each in unknown
                    if each not in denied
                }
            )
        return response.denials


def require(
    authorizer: Authorizer, caller: str, permissions: Sequence[Permission], status: int = 400
) -> None:
    """Reject a call without the permissions.

    Args:
        authorizer: decides which permissions the caller has.
        caller: the caller's access key.
        permissions: the permissions that the call needs.
        status: the HTTP status of the error; 400 in the JSON protocol of the control planes
            (aws-controllers-k8s/community#1889).

    Raises:
        ApiError: AccessDeniedException for the first permission that the caller does not have.
    """
    if not caller and not isinstance(authorizer, NotEnforced):
        # AWS's common error for a request without a signature (SageMaker API reference).
        raise ApiError("MissingAuthenticationToken", "Missing Authentication Token", 403)
    for denial in authorizer.denials(caller, permissions):
        raise access_denied(denial, status)


def access_denied(denial: Denial, status: int = 400) -> ApiError:
    """Return the error for a caller without a permission."""
    return ApiError("AccessDeniedException", denial.message, status)
