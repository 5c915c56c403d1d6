"""The caller's credentials and account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from modeldrop.aws_errors import translate
from modeldrop.doctor.finding import Finding, failed, ok

if TYPE_CHECKING:
    from boto3 import Session

CHECK = "credentials"


@dataclass(frozen=True)
class Caller:
    """The identity of the credentials, as an ARN."""

    arn: str

    @property
    def partition(self) -> str:
        """The partition, such as "aws"."""
        return self.arn.split(":")[1]

    @property
    def account(self) -> str:
        """The account ID."""
        return self.arn.split(":")[4]


def identify(session: Session) -> tuple[Caller | None, Finding]:
    """Find the caller. GetCallerIdentity needs no permissions (STS API reference)."""
    try:
        if session.region_name is None:
            raise NoRegionError
        caller = Caller(session.client("sts").get_caller_identity()["Arn"])
    except (BotoCoreError, ClientError) as error:
        return None, failed(
            CHECK, str(translate(error)), "Fix the credentials first: all other checks need them."
        )
    return caller, ok(CHECK, f"{caller.arn} in {session.region_name}")
