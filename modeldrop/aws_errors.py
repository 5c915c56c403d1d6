"""What AWS or boto3 complains of, in one sentence with what to do. The one place for these words.

Codes of credentials: AWS General Reference and IAM user guide, "Common errors".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from botocore import exceptions as boto
from botocore.exceptions import ClientError

from modeldrop.errors import Mistake

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError


class Complaint(NamedTuple):
    """What is wrong and what to do; `is_mistake` where the user's own settings are at fault."""

    cause: str
    fix: str
    is_mistake: bool

    def as_error(self) -> Mistake | AwsFailed:
        """Give the exception that ends the command."""
        text = f"{self.cause} {self.fix}"
        return Mistake(text) if self.is_mistake else AwsFailed(text)


class AwsFailed(Exception):
    """AWS refused, or could not be reached; the message says what to do."""


_SIGN_IN = "Sign in again (`aws sso login`, or what your account uses), then repeat the command."
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_UNKNOWN_KEY = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_THROTTLED = {"Throttling", "ThrottlingException", "TooManyRequestsException", "SlowDown"}

_CREDENTIALS = "Name a profile with --profile, set AWS_PROFILE, or run `aws configure`."
_OF_BOTO: tuple[tuple[tuple[type[BotoCoreError], ...], str, str], ...] = (
    ((boto.NoCredentialsError,), "There are no AWS credentials.", _CREDENTIALS),
    ((boto.PartialCredentialsError,), "The AWS credentials are incomplete.", _CREDENTIALS),
    ((boto.ProfileNotFound,), "", "`aws configure list-profiles` lists those that you have."),
    (
        (boto.NoRegionError,),
        "No AWS region is set.",
        "Name one with --region, or set AWS_DEFAULT_REGION.",
    ),
    ((boto.InvalidRegionError,), "", "Name a region such as us-east-1 with --region."),
    (
        (boto.SSOError, boto.LoginError, boto.TokenRetrievalError, boto.CredentialRetrievalError),
        "The AWS credentials could not be fetched.",
        _SIGN_IN,
    ),
)
"""The user's own settings; an empty cause is botocore's own text."""


def complaint(error: BotoCoreError | ClientError) -> Complaint:
    """Say what is wrong."""
    if isinstance(error, ClientError):
        return _refused(error)
    for kinds, cause, fix in _OF_BOTO:
        if isinstance(error, kinds):
            return Complaint(cause or _sentence(str(error)), fix, is_mistake=True)
    if isinstance(error, (boto.ConnectionError, boto.HTTPClientError)):
        fix = "Look at the network, at --region and at AWS_ENDPOINT_URL, then repeat the command."
        return Complaint(f"AWS cannot be reached: {_sentence(str(error))}", fix, is_mistake=False)
    return Complaint(_sentence(str(error)), "Mend what it names.", is_mistake=False)


def _refused(error: ClientError) -> Complaint:
    code = error.response["Error"]["Code"]
    said = error.response["Error"].get("Message", "")
    if code in _EXPIRED:
        return Complaint("Your AWS session has expired.", _SIGN_IN, is_mistake=True)
    if code in _UNKNOWN_KEY:
        return Complaint(f"AWS does not know these credentials ({code}).", _CREDENTIALS, True)
    what = f"AWS refused {error.operation_name}: {_sentence(said or code)}"
    if code in _DENIED:
        fix = "Have your role given the action that it names, or use another with --profile."
    elif code in _THROTTLED:
        fix = "Wait a little, then repeat the command."
    else:
        fix = f"Mend what it names ({code}), then repeat the command."
    return Complaint(what, fix, is_mistake=False)


def no_such_stack(stack: str, error: ClientError) -> bool:
    """Tell whether CloudFormation has no stack of that name.

    It answers ValidationError, "Stack with id … does not exist" (DescribeStacks API reference: "If
    the stack doesn't exist, a ValidationError is returned").
    """
    told = error.response["Error"]
    return told["Code"] == "ValidationError" and stack in told.get("Message", "")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
