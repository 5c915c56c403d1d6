"""The meaning of AWS errors for a step. Only this module interprets AWS's error messages.

SageMaker returns most errors with the code ValidationException, and only the message differs. The
patterns come from messages that users have quoted.
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
"""The errors that botocore raises if a connection fails, times out, or breaks."""

# botocore's lists (retries/standard.py), and the services' codes for internal errors. HeadObject
# has no response body, so its code is the HTTP status. S3 requests a retry of a conditional write
# that conflicts with another (PutObject API reference, IfNoneMatch). Application Auto Scaling
# returns ConcurrentUpdateException and InternalServiceException, and CloudWatch returns
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
    """Return the error's code, such as `ValidationException`."""
    return error.response["Error"]["Code"]


def message(error: ClientError) -> str:
    """Return AWS's error message."""
    return error.response["Error"].get("Message", "")


def object_is_missing(error: ClientError) -> bool:
    """Return whether the S3 object or version does not exist."""
    return code(error) in _MISSING_OBJECT_CODES


def object_has_changed(error: ClientError) -> bool:
    """Return whether a condition (If-Match, If-None-Match) failed."""
    return code(error) in _CHANGED_OBJECT_CODES


def already_exists(error: ClientError) -> bool:
    """Return whether a SageMaker resource of that name already exists.

    A job has its own error code (CreateTransformJob API reference, ResourceInUse).
    """
    existing = code(error) == "ValidationException" and "already existing" in message(error)
    return existing or code(error) == "ResourceInUse"


def does_not_exist(error: ClientError) -> bool:
    """Return whether the SageMaker resource is missing; missing model data in S3 does not count."""
    return names_missing_resource(code(error), message(error))


def is_in_progress(error: ClientError) -> bool:
    """Return whether the endpoint is in transition, and cannot be changed or deleted."""
    return code(error) == "ValidationException" and "in-progress" in message(error)


def step_error(error: ClientError) -> StepError:
    """Translate an AWS error that no step expected.

    A resource that an earlier step created may seem to be missing. SageMaker's reads are eventually
    consistent, and its documentation recommends a retry (CreateEndpoint API reference).
    """
    text = f"AWS refused {error.operation_name}: {message(error)} ({code(error)})"
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
    """Translate a connection error."""
    return Throttled(
        f"AWS could not be reached: {error}",
        "No action needed: this step is retried. If the error persists, see AWS Health, and the "
        "VPC's routes.",
    )


def _fix(error: ClientError) -> str:
    if code(error) in _DENIED_CODES:
        return (
            "Add the permission that the message names to the function's role or to your "
            "organization's policies, then upload the model again."
        )
    if code(error) in _LIMIT_CODES:
        return (
            "Request a higher quota in Service Quotas (Amazon SageMaker), or set "
            "endpoint.instance_type in deploy.yaml to a type with quota left. Then upload the "
            "model again."
        )
    return "Fix the problem that the message names, then upload the model again."
