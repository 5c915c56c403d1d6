"""The messages for the errors of AWS and boto3."""

from __future__ import annotations

from typing import Any

import boto3
import botocore.session
import pytest
from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from modeldrop.aws_errors import AwsError, no_such_stack, translate
from modeldrop.errors import UsageError


def refused(code: str, message: str = "No.", operation: str = "DescribeStacks") -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}}
    return ClientError(response, operation)


@pytest.mark.parametrize(
    ("error", "cause", "fix"),
    [
        (boto.NoCredentialsError(), "There are no AWS credentials.", "--profile"),
        (boto.PartialCredentialsError(provider="env", cred_var="x"), "incomplete", "--profile"),
        (boto.ProfileNotFound(profile="ops"), "(ops)", "list-profiles"),
        (boto.NoRegionError(), "No AWS Region is set.", "--region"),
        (boto.InvalidRegionError(region_name="x y"), "'x y'", "--region"),
        (boto.UnauthorizedSSOTokenError(), "could not be fetched", "aws sso login"),
        (boto.TokenRetrievalError(provider="sso", error_msg="x"), "fetched", "aws sso login"),
        (refused("ExpiredToken"), "has expired", "aws sso login"),
        (refused("ExpiredTokenException"), "has expired", "aws sso login"),
        (refused("InvalidClientTokenId"), "(InvalidClientTokenId)", "--profile"),
        (refused("UnrecognizedClientException"), "does not accept", "--profile"),
    ],
)
def test_wrong_settings_are_a_usage_error(
    error: BotoCoreError | ClientError, cause: str, fix: str
) -> None:
    translated = translate(error)
    assert isinstance(translated, UsageError)
    assert cause in str(translated)
    assert fix in str(translated)


@pytest.mark.parametrize(
    ("error", "cause", "fix"),
    [
        (
            refused("AccessDeniedException", "you may not states:ListExecutions"),
            "AWS refused DescribeStacks: you may not states:ListExecutions.",
            "Grant your role the action",
        ),
        (refused("ThrottlingException", "Rate exceeded"), "Rate exceeded.", "Wait a little"),
        (refused("Strange", ""), "Strange.", "(Strange)"),
        (boto.EndpointConnectionError(endpoint_url="https://x"), "https://x", "network"),
        (boto.ReadTimeoutError(endpoint_url="https://x"), "unreachable", "--region"),
        (boto.ParamValidationError(report="too long"), "too long", "Fix"),
    ],
)
def test_refusal_is_an_aws_error(error: BotoCoreError | ClientError, cause: str, fix: str) -> None:
    translated = translate(error)
    assert isinstance(translated, AwsError)
    assert cause in str(translated)
    assert fix in str(translated)


def test_missing_stack_is_recognized() -> None:
    text = "Stack with id modeldrop does not exist"
    assert no_such_stack("modeldrop", refused("ValidationError", text))
    assert not no_such_stack("other", refused("ValidationError", text))
    assert not no_such_stack("modeldrop", refused("AccessDenied", text))


def test_botocore_raises_these_errors() -> None:
    """botocore really raises these errors without a Region or credentials."""
    session = boto3.Session(botocore_session=botocore.session.Session())
    with pytest.raises(boto.NoRegionError):
        session.client("cloudformation")
    with pytest.raises(boto.ProfileNotFound):
        boto3.Session(profile_name="nobody")
    client = boto3.Session(region_name="us-east-1").client("cloudformation")
    with pytest.raises(boto.NoCredentialsError):
        client.describe_stacks(StackName="modeldrop")
