import botocore.exceptions as boto
import pytest

from tests.unit.functions.samples import client_error, existing, missing
from workflow.aws.aws_errors import (
    UNREACHABLE,
    already_exists,
    code,
    does_not_exist,
    is_in_progress,
    message,
    object_has_changed,
    object_is_missing,
    step_error,
    unreachable,
)
from workflow.errors import AwsRefused, EndpointBusy, StepError, Throttled

IN_PROGRESS = client_error(
    "ValidationException",
    'Cannot update in-progress endpoint "arn:aws:sagemaker:us-east-1:1:endpoint/modeldrop-resnet".',
    "UpdateEndpoint",
)
NO_MODEL_DATA = client_error(
    "ValidationException", "Could not find model data at s3://artifacts/x/model.tar.gz."
)


def test_code_and_message_are_aws_own() -> None:
    error = client_error("SlowDown", "Please reduce your request rate.")
    assert (code(error), message(error)) == ("SlowDown", "Please reduce your request rate.")


def test_error_without_a_message_has_an_empty_one() -> None:
    assert message(boto.ClientError({"Error": {"Code": "500"}}, "HeadObject")) == ""


@pytest.mark.parametrize("name", ["404", "NoSuchKey", "NoSuchVersion"])
def test_missing_object(name: str) -> None:
    assert object_is_missing(client_error(name, ""))
    assert not object_has_changed(client_error(name, ""))


@pytest.mark.parametrize("name", ["412", "PreconditionFailed"])
def test_changed_object(name: str) -> None:
    assert object_has_changed(client_error(name, ""))
    assert not object_is_missing(client_error(name, ""))


def test_missing_bucket_is_no_missing_object() -> None:
    assert not object_is_missing(client_error("NoSuchBucket", "The bucket does not exist"))


@pytest.mark.parametrize("kind", ["model", "endpoint", "endpoint configuration"])
def test_missing_resource(kind: str) -> None:
    assert does_not_exist(missing(kind))
    assert not already_exists(missing(kind))


@pytest.mark.parametrize("kind", ["model", "endpoint", "endpoint configuration"])
def test_existing_resource(kind: str) -> None:
    assert already_exists(existing(kind, "CreateModel"))
    assert not does_not_exist(existing(kind, "CreateModel"))


def test_existing_job_has_an_error_of_its_own() -> None:
    assert already_exists(client_error("ResourceInUse", "Job exists", "CreateTransformJob"))


def test_missing_model_data_are_no_missing_resource() -> None:
    assert not does_not_exist(NO_MODEL_DATA)


def test_endpoint_in_transition() -> None:
    assert is_in_progress(IN_PROGRESS)
    assert not is_in_progress(missing("endpoint"))


def test_texts_count_only_with_their_code() -> None:
    text = 'Could not find model "arn:x". Cannot create already existing, in-progress'
    other = client_error("AccessDeniedException", text)
    assert not any(tells(other) for tells in (does_not_exist, already_exists, is_in_progress))


@pytest.mark.parametrize(
    "name",
    [
        "ThrottlingException",
        "Throttling",
        "Throttled",  # SNS
        "TooManyRequestsException",
        "SlowDown",  # S3
        "ConcurrentUpdateException",  # Application Auto Scaling
        "InternalServiceException",
        "InternalServiceError",  # CloudWatch
        "503",  # S3, HeadObject
        "RequestTimeout",
        "ServiceUnavailable",
        "InternalFailure",
        "InternalError",
        "ConditionalRequestConflict",  # S3, two concurrent PutObject calls with IfNoneMatch
    ],
)
def test_transient_errors_are_throttled(name: str) -> None:
    assert type(step_error(client_error(name, "Rate exceeded"))) is Throttled


def test_resource_that_is_not_visible_yet_is_retried() -> None:
    assert type(step_error(missing("endpoint configuration"))) is Throttled


def test_endpoint_in_transition_is_busy() -> None:
    assert type(step_error(IN_PROGRESS)) is EndpointBusy


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (client_error("AccessDeniedException", "not authorized"), "permission"),
        (client_error("AccessDenied", "Access Denied"), "permission"),
        (client_error("ResourceLimitExceeded", "The account-level limit"), "Service Quotas"),
        (NO_MODEL_DATA, "Fix the problem that the message names"),
        (client_error("ValidationException", "1 validation error detected"), "Fix the problem"),
    ],
)
def test_permanent_errors_are_refused_with_advice(error: boto.ClientError, advice: str) -> None:
    refused = step_error(error)
    assert type(refused) is AwsRefused
    assert advice in refused.fix


def test_translation_keeps_operation_text_and_code() -> None:
    refused = step_error(client_error("ResourceLimitExceeded", "limit 0", "CreateEndpoint"))
    assert refused.cause == "AWS refused CreateEndpoint: limit 0 (ResourceLimitExceeded)"


CONNECTION_ERRORS: list[boto.BotoCoreError] = [
    boto.EndpointConnectionError(endpoint_url="https://s3.amazonaws.com"),
    boto.ConnectTimeoutError(endpoint_url="https://s3.amazonaws.com"),
    boto.ReadTimeoutError(endpoint_url="https://s3.amazonaws.com"),
    boto.ConnectionClosedError(endpoint_url="https://s3.amazonaws.com"),
    boto.SSLError(endpoint_url="https://s3.amazonaws.com", error=OSError("EOF")),
    boto.ProxyConnectionError(proxy_url="https://proxy"),
    boto.ResponseStreamingError(error="Connection broken"),
    boto.IncompleteReadError(actual_bytes=1, expected_bytes=2),
]


@pytest.mark.parametrize("error", CONNECTION_ERRORS, ids=lambda each: type(each).__name__)
def test_broken_connections_are_unreachable(error: boto.BotoCoreError) -> None:
    assert isinstance(error, UNREACHABLE)
    translated: StepError = unreachable(error)
    assert type(translated) is Throttled
    assert str(error) in translated.cause


@pytest.mark.parametrize(
    "error", [boto.NoCredentialsError(), boto.ParamValidationError(report="Unknown parameter")]
)
def test_other_exceptions_are_not_unreachable(error: boto.BotoCoreError) -> None:
    assert not isinstance(error, UNREACHABLE)
