"""A boto3 session that reaches only the embedded cloud.

It ignores the user's credentials, profiles, endpoint URLs and proxies. Use it like any other
session, for example ``session.client("s3")``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from modeldrop.local.access.credentials import Credentials
from modeldrop.local.ministack import process as ministack
from modeldrop.service_models import share_models

CONFIG_FILE = "aws-config"
"""The file in a cloud's home that `write_config` writes."""

SERVED_BY_SAGEMAKER = {"sagemaker", "sagemaker-runtime", "application-autoscaling"}


class _LocalCore(botocore.session.Session):
    def __init__(self, aws_url: str, sagemaker_url: str, config_file: Path) -> None:
        # With None, botocore would read AWS_PROFILE and fail if that profile is unknown here.
        super().__init__(profile="default")
        self._aws_url = aws_url
        self._sagemaker_url = sagemaker_url
        self.set_config_variable("config_file", str(config_file))
        self.set_config_variable("credentials_file", "/dev/null")

    def create_client(self, service_name: str, *args: Any, **kwargs: Any) -> Any:
        # Only an endpoint_url in the call takes precedence over AWS_ENDPOINT_URL.
        if kwargs.get("endpoint_url") is None:
            sagemaker = service_name in SERVED_BY_SAGEMAKER
            kwargs["endpoint_url"] = self._sagemaker_url if sagemaker else self._aws_url
        # boto3 may pass config=None. For botocore, an empty mapping means "no proxy".
        kwargs["config"] = Config(proxies={}).merge(kwargs.get("config") or Config())
        return super().create_client(service_name, *args, **kwargs)


def local_session(
    aws_url: str, sagemaker_url: str, config_file: Path, owner: Credentials
) -> boto3.Session:
    """Return a session for an embedded cloud.

    Args:
        aws_url: the URL of MiniStack.
        sagemaker_url: the URL of the local SageMaker, which serves `SERVED_BY_SAGEMAKER`.
        config_file: the file that `write_config` wrote.
        owner: the credentials of the cloud's owner.
    """
    return boto3.Session(
        aws_access_key_id=owner.access_key,
        aws_secret_access_key=owner.secret_key,
        region_name=ministack.REGION,
        botocore_session=share_models(_LocalCore(aws_url, sagemaker_url, config_file)),
    )


def write_config(config_file: Path) -> None:
    """Write the AWS configuration file that replaces the user's file."""
    config_file.write_text(f"[default]\nregion = {ministack.REGION}\n")


def environment(aws_url: str, config_file: Path, owner: Credentials) -> dict[str, str]:
    """Return the environment variables that point other programs (sam, aws, a script) at the cloud.

    One URL is enough: MiniStack forwards requests for SageMaker (`ministack.in_process.router`).
    """
    return {
        **owner.environment(),
        "AWS_REGION": ministack.REGION,
        "AWS_DEFAULT_REGION": ministack.REGION,
        "AWS_CONFIG_FILE": str(config_file),
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": aws_url,
    }
