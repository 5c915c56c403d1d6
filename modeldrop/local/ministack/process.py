"""The process of MiniStack, the AWS emulator, which listens on 127.0.0.1."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from modeldrop.local import process, tools
from modeldrop.local.access.credentials import Credentials

REGION = "us-east-1"
ACCOUNT = "000000000000"

_LAUNCHER = Path(__file__).parent / "in_process" / "launcher.py"


class Settings(BaseModel):
    """Settings of MiniStack.

    Attributes:
        wait_scale: the factor for Wait states, retry intervals and schedule rates; below 1 in tests
            of long waits.
        enforce_iam: whether the IAM policies of functions and roles are enforced. Only tests of a
            single service, whose functions have no roles, turn it off.
        fork_functions: whether a Python function starts as a fork of a process that has imported
            its layers. Benchmarks turn it off: on AWS, a cold start includes these imports.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    wait_scale: float = 1
    enforce_iam: bool = True
    fork_functions: bool = True


def url(port: int) -> str:
    """Return the endpoint URL of MiniStack on a port."""
    return f"http://127.0.0.1:{port}"


def ready_url(endpoint_url: str) -> str:
    """Return the URL that returns 200 as soon as MiniStack is ready."""
    return f"{endpoint_url}/_ministack/health"


def start(
    home: Path,
    port: int,
    *,
    log: Path,
    sagemaker_url: str,
    settings: Settings,
    owner: Credentials,
    marker: Mapping[str, str] | None = None,
    stop_with_parent: bool,
) -> process.Child:
    """Start MiniStack without waiting until it is ready (`ready_url`).

    Args:
        home: the folder for all files of MiniStack; created if missing.
        port: the port on 127.0.0.1; MiniStack uses no other.
        log: the file for the output.
        sagemaker_url: the endpoint of SageMaker, its runtime and auto scaling, for Lambda
            functions.
        settings: the settings of MiniStack.
        owner: the credentials of the account's root user. MiniStack accepts these and the
            credentials that it issues.
        marker: the environment variable that marks the processes of MiniStack and its functions as
            a cloud's.
        stop_with_parent: see `modeldrop.local.process.start`.

    Raises:
        ToolMissing: the pinned version is not installed.
    """
    python = tools.ministack().require()
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    return process.start(
        "MiniStack",
        # -P: do not put the launcher's folder on the module search path.
        [python, "-P", _LAUNCHER],
        env={
            **environment(home, port, sagemaker_url=sagemaker_url, settings=settings),
            **owner.environment(),
            **(marker or {}),
        },
        log=log,
        cwd=home,
        stop_with_parent=stop_with_parent,
    )


def environment(home: Path, port: int, *, sagemaker_url: str, settings: Settings) -> dict[str, str]:
    """Return MiniStack's environment, which its Lambda functions inherit.

    Only PATH comes from the user's environment: no AWS credentials, proxies or Python path.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "STATE_DIR": str(home / "state"),
        "S3_DATA_DIR": str(home / "s3"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "LOG_LEVEL": "INFO",
        # No other ports, and no Docker, where MiniStack would search for leftovers.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{home}/no-docker.sock",
        "LAMBDA_EXECUTOR": "local",
        # More processes per function than processors would not finish a burst of invocations
        # earlier.
        "LAMBDA_MAX_ENVIRONMENTS": str(max(3, os.cpu_count() or 1)),
        "LAMBDA_WARM_TTL_SECONDS": "60",
        "LAMBDA_FORKS": "true" if settings.fork_functions else "false",
        "SFN_WAIT_SCALE": str(settings.wait_scale),
        "AUTH": "true" if settings.enforce_iam else "false",
        "AWS_ENDPOINT_URL_SAGEMAKER": sagemaker_url,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": sagemaker_url,
        "AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING": sagemaker_url,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
