"""What an AWS error means for a step. The one place where AWS's error texts are read.

SageMaker answers most refusals with the code ValidationException and tells them apart in the text
alone; the texts here are those of the service, as users have quoted them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.exceptions import HTTPClientError, IncompleteReadError

from model_packager.sagemaker.error_texts import names_missing_resource
from workflow.errors import AwsRefused, EndpointBusy, StepError, Throttled

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

UNREACHABLE = (NoConnectionError, HTTPClientError, IncompleteReadError)
"""What botocore raises where a connection cannot be made, times out, or breaks."""

# botocore's own lists (retries/standard.py), and what the services call it when they fail. The
# numbers: an answer to HeadObject has no body to hold a code. The last two: S3 asks to repeat a
# conditional write that met another one (PutObject API reference, IfNoneMatch). Application Auto
# Scaling has ConcurrentUpdateException and InternalServiceException, CloudWatch
# InternalServiceError (RegisterScalableTarget and DeleteAlarms API reference).
_BUSY_CODES = frozenset(
    {
        "429",
        "500",
        "502",
        "503",
        "504",
        "BandwidthLimitExceeded",
        "ConcurrentUpdateException",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "InternalServiceException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "ConditionalRequestConflict",
        "OperationAborted",
    }
)
_MISSING_OBJECT_CODES = frozenset({"404", "NoSuchKey", "NoSuchVersion"})
_CHANGED_OBJECT_CODES = frozenset({"412", "PreconditionFailed"})

_DENIED_CODES = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError"})
_LIMIT_CODES = frozenset({"ResourceLimitExceeded"})


def code(error: ClientError) -> str:
    """Give the error's code, such as `ValidationException`."""
    return error.response["Error"]["Code"]


def message(error: ClientError) -> str:
    """Give AWS's own text."""
    return error.response["Error"].get("Message", "")


def object_is_missing(error: ClientError) -> bool:
    """Tell whether S3 has no such object or version."""
    return code(error) in _MISSING_OBJECT_CODES


def object_has_changed(error: ClientError) -> bool:
    """Tell whether a condition (If-Match, If-None-Match) did not hold."""
    return code(error) in _CHANGED_OBJECT_CODES


def already_exists(error: ClientError) -> bool:
    """Tell whether SageMaker has a resource of that name already."""
    return code(error) == "ValidationException" and "already existing" in message(error)


def does_not_exist(error: ClientError) -> bool:
    """Tell whether SageMaker has no resource of that name. Model data in S3 is none."""
    return names_missing_resource(code(error), message(error))


def is_in_progress(error: ClientError) -> bool:
    """Tell whether the endpoint is in transition, so that it can be neither changed nor deleted."""
    return code(error) == "ValidationException" and "in-progress" in message(error)


def step_error(error: ClientError) -> StepError:
    """Translate an AWS error that no step expected.

    A resource that is missing was made by a step before: SageMaker's reads are eventually
    consistent, and it asks to try again (CreateEndpoint API reference).
    """
    text = f"{error.operation_name} was refused by AWS: {message(error)} ({code(error)})"
    if code(error) in _BUSY_CODES or does_not_exist(error):
        return Throttled(
            text, "No action needed: this step is retried. If the error persists, see AWS Health."
        )
    if is_in_progress(error):
        return EndpointBusy(
            text, "No action needed: this step is retried when the endpoint is ready."
        )
    return AwsRefused(text, _fix(error))


def unreachable(error: BotoCoreError) -> Throttled:
    """Translate a connection that failed, at its start or in the middle of an object."""
    return Throttled(
        f"AWS could not be reached: {error}",
        "No action needed: this step is retried. If the error persists, see AWS Health, and the "
        "VPC's routes.",
    )


def _fix(error: ClientError) -> str:
    if code(error) in _DENIED_CODES:
        return (
            "Give the function's role, or the organization's policies, the permission that the "
            "text names, then drop the model again."
        )
    if code(error) in _LIMIT_CODES:
        return (
            "Ask for a higher quota in Service Quotas (Amazon SageMaker), or set "
            "endpoint.instance_type in deploy.yaml to a type with quota left, then drop again."
        )
    return "Correct what the text names, then upload the model again."
