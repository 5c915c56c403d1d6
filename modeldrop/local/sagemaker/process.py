"""The process of the local SageMaker, which listens on 127.0.0.1."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from modeldrop.local import process, tools
from modeldrop.local.access.credentials import Credentials
from modeldrop.local.aws_session import CONFIG_FILE
from modeldrop.local.ministack import process as ministack


def url(port: int) -> str:
    """Return the endpoint URL of SageMaker, its runtime and Application Auto Scaling on a port."""
    return f"http://127.0.0.1:{port}"


def ready_url(endpoint_url: str) -> str:
    """Return the URL that returns 200 as soon as the local SageMaker is ready."""
    return f"{endpoint_url}/ready"


def start(
    cloud_home: Path,
    port: int,
    *,
    log: Path,
    aws_url: str,
    enforce_iam: bool,
    seconds_per_minute: float,
    owner: Credentials,
    marker: Mapping[str, str],
    stop_with_parent: bool,
) -> process.Child:
    """Start the local SageMaker without waiting until it is ready (`ready_url`).

    Args:
        cloud_home: the home of the embedded cloud; files go to its folder `sagemaker`.
        port: the port on 127.0.0.1.
        log: the file for the output.
        aws_url: the URL of MiniStack, for S3, CloudWatch and CloudWatch Logs.
        enforce_iam: whether to check the IAM policies of callers and execution roles.
        seconds_per_minute: the length of a minute for scaling policies.
        owner: the credentials of the cloud's owner, which also sign the calls of MiniStack.
        marker: the environment variable that marks the processes of SageMaker and its tritonservers
            as a cloud's.
        stop_with_parent: see `modeldrop.local.process.start`.

    Raises:
        ToolMissing: the pinned version of Triton is not installed.
    """
    options: dict[str, str | Path] = {
        "--port": str(port),
        "--aws-endpoint-url": aws_url,
        "--region": ministack.REGION,
        "--account": ministack.ACCOUNT,
        "--home": cloud_home / "sagemaker",
        "--triton": tools.triton().require(),
        "--cloud": cloud_home,
        "--seconds-per-minute": str(seconds_per_minute),
    }
    return process.start(
        "The local SageMaker",
        [
            sys.executable,
            "-m",
            "modeldrop.local.sagemaker",
            *chain(*options.items()),
            *(["--enforce-iam"] if enforce_iam else []),
        ],
        env={**_environment(cloud_home), **owner.environment(), **marker},
        log=log,
        cwd=tools.PROJECT_ROOT,
        stop_with_parent=stop_with_parent,
    )


def _environment(cloud_home: Path) -> dict[str, str]:
    temporary = cloud_home / "sagemaker" / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(cloud_home / "sagemaker"),
        "TMPDIR": str(temporary),
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "AWS_CONFIG_FILE": str(cloud_home / CONFIG_FILE),
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
