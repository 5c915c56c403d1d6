"""MiniStack serves only requests signed by its owner or with credentials that it issued."""

from __future__ import annotations

import json
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from modeldrop.local.access.credentials import Credentials, random_credentials
from modeldrop.local.access.owner_auth import OwnerAuth
from modeldrop.local.ministack.injected_faults import PATH
from tests.embedded_cloud.conftest import OWNER
from tests.embedded_cloud.lambda_function import invoke, make_function

SHOWS_CREDENTIALS = """
import os

def handler(event, context):
    return {
        "access_key": os.environ["AWS_ACCESS_KEY_ID"],
        "secret_key": os.environ["AWS_SECRET_ACCESS_KEY"],
        "session_token": os.environ.get("AWS_SESSION_TOKEN", ""),
    }
"""
STRANGERS = [
    random_credentials(),
    OWNER.model_copy(update={"secret_key": "guess"}),
    Credentials(access_key="000000000000", secret_key="000000000000"),  # noqa: S106
    Credentials(access_key="AKIAIOSFODNN7EXAMPLE", secret_key="guess"),  # noqa: S106
]


@pytest.fixture(scope="module")
def url(aws: boto3.Session) -> str:
    return aws.client("s3").meta.endpoint_url


def client(service: str, url: str, who: Credentials, **config: Any) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=who.access_key,
        aws_secret_access_key=who.secret_key,
        aws_session_token=who.session_token or None,
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


@pytest.mark.parametrize(
    "stranger", STRANGERS, ids=["unknown", "other-secret", "account", "example"]
)
@pytest.mark.parametrize(
    ("service", "operation"),
    [("s3", "list_buckets"), ("lambda", "list_functions"), ("sts", "get_caller_identity"),
     ("sns", "list_topics"), ("stepfunctions", "list_state_machines"), ("iam", "list_roles"),
     ("logs", "describe_log_groups"), ("cloudwatch", "list_metrics"),
     ("cloudformation", "list_stacks"), ("sagemaker", "list_models")],
)  # fmt: skip
def test_unknown_callers_are_refused(
    url: str, stranger: Credentials, service: str, operation: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(client(service, url, stranger), operation)()

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in {400, 403}
    assert "expired" not in str(caught.value)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/bucket/key"),
        ("PUT", "/bucket/key"),
        ("POST", "/"),
        ("GET", "/?Action=ListTopics"),
        ("POST", "/2015-03-31/functions"),
        ("POST", "/2015-03-31/functions/f/invocations"),
        ("PUT", PATH),
        ("POST", "/_modeldrop/iam/session"),
        ("POST", "/_modeldrop/iam/credentials"),
        ("POST", "/_modeldrop/service-events"),
        ("POST", "/_ministack/reset"),
        ("POST", "/_ministack/config"),
        ("POST", "/_ministack/health"),
        ("GET", "/_localstack/health"),
        ("GET", "/_ministack/lambda-code/f"),
        ("POST", "/oauth2/token"),
        ("POST", "/graphql"),
    ],
)
def test_unsigned_requests_are_refused(url: str, method: str, path: str) -> None:
    answer = httpx.request(method, f"{url}{path}", content=b"{}", trust_env=False, timeout=60)

    assert answer.status_code == 403


def test_health_needs_no_signature(url: str) -> None:
    assert httpx.get(f"{url}/_ministack/health", trust_env=False).status_code == 200


@pytest.mark.parametrize("version", ["s3v4", "s3"], ids=["version 4", "version 2"])
def test_presigned_url_serves_its_object_alone(url: str, version: str) -> None:
    s3 = client("s3", url, OWNER)
    bucket = f"presigned-{version}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a b/report.html", Body=b"report")
    s3.put_object(Bucket=bucket, Key="a b/other", Body=b"other")
    link = client("s3", url, OWNER, signature_version=version).generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "a b/report.html"}, ExpiresIn=60
    )

    assert httpx.get(link, trust_env=False).content == b"report"
    other = link.replace("report.html", "other")
    assert httpx.get(other, trust_env=False).status_code == 403
    assert httpx.put(link, content=b"x", trust_env=False).status_code == 403
    for headers in (
        {"x-amz-target": "AWSStepFunctions.ListStateMachines"},
        {"host": "f.lambda-url.us-east-1.localhost"},
    ):
        answer = httpx.get(link, headers=headers, trust_env=False)
        assert answer.status_code in {400, 403}


def test_functions_have_credentials_that_are_accepted(aws: boto3.Session, url: str) -> None:
    shown = Credentials(**invoke(aws, make_function(aws, SHOWS_CREDENTIALS)))

    assert shown.access_key != OWNER.access_key
    assert client("sts", url, shown).get_caller_identity()["Account"] == "000000000000"


def test_issued_credentials_do_not_open_the_routes_of_the_owner(url: str) -> None:
    issued = client("iam", url, OWNER)
    issued.create_user(UserName="visitor")
    key = issued.create_access_key(UserName="visitor")["AccessKey"]
    visitor = Credentials(access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])

    assert client("sts", url, visitor).get_caller_identity()["Account"] == "000000000000"
    for path in (
        "/_modeldrop/iam/credentials",
        "/_modeldrop/service-events",
        "/_ministack/reset",
    ):
        content = json.dumps({"access_key": OWNER.access_key})
        answer = httpx.post(
            f"{url}{path}",
            content=content,
            auth=OwnerAuth(visitor),
            trust_env=False,
            timeout=60,  # MiniStack imports modules for the first error
        )
        assert answer.status_code == 403


def test_custom_runtime_with_its_open_port_does_not_run(aws: boto3.Session) -> None:
    function = make_function(aws, SHOWS_CREDENTIALS, runtime="provided.al2023")

    answer = invoke(aws, function)

    assert answer["errorType"] == "Runtime.InvalidEntrypoint"
    assert answer["errorMessage"].startswith("The local cloud runs no custom runtimes")
