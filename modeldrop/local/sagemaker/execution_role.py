"""AWS clients with the credentials of a model's execution role.

If IAM is enforced, they use a session of the role, so S3, CloudWatch and CloudWatch Logs check the
role's policies. Otherwise they use the owner's access key.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import boto3
import httpx
from botocore.exceptions import HTTPClientError

from modeldrop.local.ministack.policy_checks import SessionRequest
from modeldrop.local.ministack.policy_client import PolicyClient

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient

SERVICE = "sagemaker.amazonaws.com"
"""SageMaker's service principal, for trust policies and iam:PassedToService."""

_SESSION_NAME = "SageMaker"  # as in AWS's own messages (aws/amazon-sagemaker-feedback#61)
_REUSE_SECONDS = 600.0  # a session lasts an hour


class RoleNotAssumable(Exception):
    """The role does not exist, or its trust policy does not allow SageMaker to assume it."""


@dataclass(frozen=True)
class RoleClients:
    """The AWS clients of one role.

    Attributes:
        access_key: the access key of the clients.
    """

    access_key: str
    s3: S3Client
    logs: CloudWatchLogsClient
    cloudwatch: Any
    sns: SNSClient


class ExecutionRoles(Protocol):
    """Provides the clients of execution roles.

    Attributes:
        own: the clients of the cloud's owner, which IAM does not restrict.
    """

    own: RoleClients

    def clients(self, role_arn: str) -> RoleClients:
        """Return the clients of a role.

        Raises:
            RoleNotAssumable: SageMaker may not assume the role.
            HTTPClientError: MiniStack does not respond.
        """


class UncheckedRoles:
    """Provides the owner's clients for all roles, because the cloud does not enforce IAM."""

    def __init__(self, own: RoleClients) -> None:
        self.own = own

    def clients(self, role_arn: str) -> RoleClients:  # noqa: ARG002 - part of the protocol
        """Return the owner's clients."""
        return self.own


class AssumedRoles:
    """Assumes roles as SageMaker. Thread-safe."""

    def __init__(
        self,
        own: RoleClients,
        client: PolicyClient,
        session: Callable[[str, str, str], boto3.Session],
        options: dict[str, Any],
    ) -> None:
        """Keep the clients; `clients` assumes the roles.

        Args:
            own: the clients of the cloud's owner.
            client: a client of MiniStack's IAM, which assumes roles.
            session: creates a session from an access key, a secret key and a session token.
            options: options for the clients of the sessions.
        """
        self.own = own
        self._client = client
        self._session = session
        self._options = options
        self._lock = threading.Lock()
        self._assumed: dict[str, tuple[float, RoleClients]] = {}

    def clients(self, role_arn: str) -> RoleClients:
        """Return the clients of a role.

        Raises:
            RoleNotAssumable: the role does not exist, or does not trust SageMaker.
            HTTPClientError: MiniStack does not respond.
        """
        with self._lock:
            until, clients = self._assumed.get(role_arn, (0.0, None))
            if clients is None or until < time.monotonic():
                clients = self._assume(role_arn)
                self._assumed[role_arn] = time.monotonic() + _REUSE_SECONDS, clients
            return clients

    def _assume(self, role_arn: str) -> RoleClients:
        request = SessionRequest(role_arn=role_arn, service=SERVICE, session_name=_SESSION_NAME)
        try:
            response = self._client.assume(request)
        except httpx.HTTPError as error:  # as if a request of the clients failed
            raise HTTPClientError(error=error) from error
        if response.error is not None:
            raise RoleNotAssumable(response.error.message)
        session = self._session(response.access_key, response.secret_key, response.session_token)
        return role_clients(session, self._options)


def role_clients(session: boto3.Session, options: dict[str, Any]) -> RoleClients:
    """Create the clients of a session.

    Args:
        session: a session with the credentials of a role.
        options: options for the clients, such as the endpoint URL.
    """
    make: Any = session.client  # CloudWatch's types are not installed
    credentials = session.get_credentials()
    return RoleClients(
        access_key=credentials.access_key if credentials else "",
        s3=make("s3", **options),
        logs=make("logs", **options),
        cloudwatch=make("cloudwatch", **options),
        sns=make("sns", **options),
    )
