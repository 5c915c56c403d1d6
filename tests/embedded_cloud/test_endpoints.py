"""The user's environment does not affect the embedded cloud's session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from modeldrop.local import aws_session
from modeldrop.local.access.credentials import random_credentials

OWNER = random_credentials()
AWS = "http://127.0.0.1:4001"
SAGEMAKER = "http://127.0.0.1:4002"


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    real = tmp_path / "real"
    real.mkdir()
    (real / "config").write_text("[profile work]\nregion = eu-central-1\n")
    (real / "credentials").write_text(
        "[default]\naws_access_key_id = AKIAREAL\naws_secret_access_key = real\n"
    )
    for name, value in {
        "AWS_PROFILE": "work",
        "AWS_CONFIG_FILE": str(real / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(real / "credentials"),
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_SESSION_TOKEN": "real",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": "https://elsewhere.example",
        "AWS_ENDPOINT_URL_S3": "https://elsewhere.example",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "HTTP_PROXY": "http://proxy.example:3128",
        "HTTPS_PROXY": "http://proxy.example:3128",
    }.items():
        monkeypatch.setenv(name, value)
    aws_session.write_config(tmp_path / "config")
    return aws_session.local_session(AWS, SAGEMAKER, tmp_path / "config", OWNER)


def _client(session: boto3.Session, service: str, **options: Any) -> Any:
    make: Any = session.client
    return make(service, **options)


def test_every_client_reaches_the_embedded_cloud(session: boto3.Session) -> None:
    for service in ("s3", "sqs", "sns", "stepfunctions", "cloudformation", "logs", "lambda"):
        client = _client(session, service)
        assert client.meta.endpoint_url == AWS
        assert client.meta.region_name == "us-east-1"


def test_sagemaker_is_served_too(session: boto3.Session) -> None:
    for service in ("sagemaker", "sagemaker-runtime", "application-autoscaling"):
        assert _client(session, service).meta.endpoint_url == SAGEMAKER


def test_other_programs_reach_it_by_one_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in aws_session.environment(AWS, tmp_path / "config", OWNER).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    monkeypatch.delenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)

    for service in ("sagemaker", "sagemaker-runtime", "application-autoscaling", "s3"):
        assert _client(boto3.Session(), service).meta.endpoint_url == AWS


def test_real_credentials_are_never_used(session: boto3.Session) -> None:
    credentials = session.get_credentials()

    assert credentials is not None
    assert (credentials.access_key, credentials.secret_key) == (OWNER.access_key, OWNER.secret_key)
    assert credentials.token is None


def test_no_proxy_is_used(session: boto3.Session) -> None:
    assert _client(session, "s3").meta.config.proxies == {}


def test_options_of_a_client_are_kept(session: boto3.Session) -> None:
    client = _client(session, "s3", config=Config(max_pool_connections=33))

    assert client.meta.config.max_pool_connections == 33
    assert client.meta.config.proxies == {}
