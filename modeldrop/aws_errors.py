"""Translates errors of AWS and boto3 into one sentence with a fix, in this place only.

Credential error codes: AWS General Reference and IAM user guide, "Common errors".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore import exceptions as boto
from botocore.exceptions import ClientError

from model_packager.sagemaker.error_texts import names_missing_resource
from modeldrop.errors import CommandError, UsageError

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError


class AwsError(CommandError):
    """AWS refused a request, or is unreachable; the message says what to do."""


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
_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",  # SNS (botocore: AuthorizationErrorException)
    "UnauthorizedOperation",
}
_THROTTLED = {"Throttling", "ThrottlingException", "TooManyRequestsException", "SlowDown"}

_CREDENTIALS = "Name a profile with --profile, set AWS_PROFILE, or run `aws configure`."
_SETTINGS: tuple[tuple[tuple[type[BotoCoreError], ...], str, str], ...] = (
    ((boto.NoCredentialsError,), "There are no AWS credentials.", _CREDENTIALS),
    ((boto.PartialCredentialsError,), "The AWS credentials are incomplete.", _CREDENTIALS),
    ((boto.ProfileNotFound,), "", "`aws configure list-profiles` lists your profiles."),
    (
        (boto.NoRegionError,),
        "No AWS Region is set.",
        "Name one with --region, or set AWS_DEFAULT_REGION.",
    ),
    ((boto.InvalidRegionError,), "", "Name a Region such as us-east-1 with --region."),
    (
        (boto.SSOError, boto.LoginError, boto.TokenRetrievalError, boto.CredentialRetrievalError),
        "The AWS credentials could not be fetched.",
        _SIGN_IN,
    ),
)
"""Errors in the user's settings: types, cause, fix. An empty cause means botocore's text."""


def translate(error: BotoCoreError | ClientError) -> UsageError | AwsError:
    """Return the error that ends the command: UsageError if the user's settings are wrong."""
    if isinstance(error, ClientError):
        return _refused(error)
    for kinds, cause, fix in _SETTINGS:
        if isinstance(error, kinds):
            return UsageError(cause or _sentence(str(error)), fix)
    if isinstance(error, (boto.ConnectionError, boto.HTTPClientError)):
        return AwsError(
            f"AWS is unreachable: {_sentence(str(error))}",
            "Check the network, --region and AWS_ENDPOINT_URL, then repeat the command.",
        )
    return AwsError(_sentence(str(error)), "Fix what the message names.")


def _refused(error: ClientError) -> UsageError | AwsError:
    code = error.response["Error"]["Code"]
    message = error.response["Error"].get("Message", "")
    if code in _EXPIRED:
        return UsageError("Your AWS session has expired.", _SIGN_IN)
    if code in _UNKNOWN_KEY:
        return UsageError(f"AWS does not accept these credentials ({code}).", _CREDENTIALS)
    if code in _DENIED:
        fix = "Grant your role the action that the message names, or use another --profile."
    elif code in _THROTTLED:
        fix = "Wait a little, then repeat the command."
    else:
        fix = f"Fix what the message names ({code}), then repeat the command."
    return AwsError(f"AWS refused {error.operation_name}: {_sentence(message or code)}", fix)


def is_denied(error: ClientError) -> bool:
    """Return whether the caller lacks a permission."""
    return error.response["Error"]["Code"] in _DENIED


def no_such_stack(stack: str, error: ClientError) -> bool:
    """Return whether CloudFormation has no stack with this name.

    The code is ValidationError, the message "Stack with id … does not exist" (DescribeStacks API
    reference: "If the stack doesn't exist, a ValidationError is returned").
    """
    details = error.response["Error"]
    return details["Code"] == "ValidationError" and stack in details.get("Message", "")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def is_missing_resource(error: ClientError) -> bool:
    """Return whether SageMaker has no resource of that name."""
    details = error.response["Error"]
    return names_missing_resource(details["Code"], details.get("Message", ""))
