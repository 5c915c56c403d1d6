"""AWS's and boto3's errors in words for the person at the terminal."""

from __future__ import annotations

from typing import Any

import boto3
import botocore.session
import pytest
from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from modeldrop.aws_errors import AwsFailed, complaint, no_such_stack
from modeldrop.errors import Mistake


def refused(code: str, message: str = "No.", operation: str = "DescribeStacks") -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}}
    return ClientError(response, operation)


@pytest.mark.parametrize(
    ("error", "cause", "fix"),
    [
        (boto.NoCredentialsError(), "There are no AWS credentials.", "--profile"),
        (boto.PartialCredentialsError(provider="env", cred_var="x"), "incomplete", "--profile"),
        (boto.ProfileNotFound(profile="ops"), "(ops)", "list-profiles"),
        (boto.NoRegionError(), "No AWS region is set.", "--region"),
        (boto.InvalidRegionError(region_name="x y"), "'x y'", "--region"),
        (boto.UnauthorizedSSOTokenError(), "could not be fetched", "aws sso login"),
        (boto.TokenRetrievalError(provider="sso", error_msg="x"), "fetched", "aws sso login"),
        (refused("ExpiredToken"), "has expired", "aws sso login"),
        (refused("ExpiredTokenException"), "has expired", "aws sso login"),
        (refused("InvalidClientTokenId"), "(InvalidClientTokenId)", "--profile"),
        (refused("UnrecognizedClientException"), "does not know", "--profile"),
    ],
)
def test_the_users_own_settings_are_a_mistake(
    error: BotoCoreError | ClientError, cause: str, fix: str
) -> None:
    said = complaint(error)
    assert cause in said.cause
    assert fix in said.fix
    assert isinstance(said.as_error(), Mistake)
    assert str(said.as_error()) == f"{said.cause} {said.fix}"


@pytest.mark.parametrize(
    ("error", "cause", "fix"),
    [
        (
            refused("AccessDeniedException", "you may not states:ListExecutions"),
            "AWS refused DescribeStacks: you may not states:ListExecutions.",
            "Have your role given the action",
        ),
        (refused("ThrottlingException", "Rate exceeded"), "Rate exceeded.", "Wait a little"),
        (refused("Strange", ""), "Strange.", "(Strange)"),
        (boto.EndpointConnectionError(endpoint_url="https://x"), "https://x", "network"),
        (boto.ReadTimeoutError(endpoint_url="https://x"), "cannot be reached", "--region"),
        (boto.ParamValidationError(report="too long"), "too long", "Mend"),
    ],
)
def test_what_aws_does_is_none(error: BotoCoreError | ClientError, cause: str, fix: str) -> None:
    said = complaint(error)
    assert cause in said.cause
    assert fix in said.fix
    assert isinstance(said.as_error(), AwsFailed)


def test_a_stack_that_is_not_there() -> None:
    text = "Stack with id modeldrop does not exist"
    assert no_such_stack("modeldrop", refused("ValidationError", text))
    assert not no_such_stack("other", refused("ValidationError", text))
    assert not no_such_stack("modeldrop", refused("AccessDenied", text))


def test_botocore_raises_what_is_told_here() -> None:
    """No stand-ins: botocore itself, without a region and without credentials."""
    session = boto3.Session(botocore_session=botocore.session.Session())
    with pytest.raises(boto.NoRegionError):
        session.client("cloudformation")
    with pytest.raises(boto.ProfileNotFound):
        boto3.Session(profile_name="nobody")
    client = boto3.Session(region_name="us-east-1").client("cloudformation")
    with pytest.raises(boto.NoCredentialsError):
        client.describe_stacks(StackName="modeldrop")
