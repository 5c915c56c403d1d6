"""Finds the callers whose signatures the local SageMaker accepts."""

from __future__ import annotations

import time

from starlette.concurrency import run_in_threadpool

from modeldrop.local.access.credentials import Credentials, Known
from modeldrop.local.access.signature import NotAuthenticated
from modeldrop.local.ministack.policy_checks import CredentialsRequest
from modeldrop.local.ministack.policy_client import PolicyClient

_REUSE_SECONDS = 10.0  # a session lasts an hour
_KEPT = 1024


class KnownCallers:
    """The owner of the cloud, and those to whom MiniStack's IAM and STS issued credentials."""

    def __init__(self, owner: Credentials, client: PolicyClient) -> None:
        self.owner = owner
        self._client = client
        self._found: dict[tuple[str, str], tuple[float, Credentials]] = {}

    async def find(self, access_key: str, session_token: str) -> Known:
        """Return the credentials with an access key.

        Raises:
            NotAuthenticated: the access key is unknown or has expired.
        """
        if access_key == self.owner.access_key:
            return Known(self.owner, is_owner=True)
        request = CredentialsRequest(access_key=access_key, session_token=session_token)
        until, found = self._found.get((access_key, session_token), (0.0, None))
        if found is None or until < time.monotonic():
            response = await run_in_threadpool(self._client.credentials, request)
            if response.credentials is None:
                error = response.error
                raise NotAuthenticated(
                    error.code if error else "UnrecognizedClientException",
                    error.message if error else "The access key is unknown.",
                )
            found = response.credentials
            if len(self._found) > _KEPT:
                self._found.clear()
            self._found[access_key, session_token] = time.monotonic() + _REUSE_SECONDS, found
        return Known(found, is_owner=False)
