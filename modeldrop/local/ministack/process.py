"""MiniStack, the AWS emulator: started on 127.0.0.1 in a folder of its own, stopped whole."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from modeldrop.local import process, tools

REGION = "us-east-1"
ACCOUNT = "000000000000"
# MiniStack takes any; these are what its own documentation uses.
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105 (not a secret)

_LAUNCHER = Path(__file__).with_name("launcher.py")


class Settings(BaseModel):
    """How MiniStack behaves.

    Attributes:
        wait_scale: factor on Wait states and retry intervals of Step Functions, and on the rates
            of schedules; tests of long waits set it below 1.
        enforce_iam: whether the IAM policies of functions and roles are enforced.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    wait_scale: float = 1
    enforce_iam: bool = False


def url(port: int) -> str:
    """The endpoint URL of MiniStack on a port."""
    return f"http://127.0.0.1:{port}"


def ready_url(port: int) -> str:
    """Answers 200 as soon as MiniStack serves."""
    return f"{url(port)}/_ministack/health"


def start(
    home: Path,
    port: int,
    *,
    log: Path,
    sagemaker_url: str,
    settings: Settings,
    stop_with_parent: bool,
) -> process.Child:
    """Start MiniStack; it serves a moment later (`ready_url`).

    Args:
        home: folder for everything it writes; made when missing.
        port: the one port it opens, on 127.0.0.1.
        log: what it says goes here.
        sagemaker_url: where its Lambda functions reach SageMaker, its runtime and its scaling.
        settings: how it behaves.
        stop_with_parent: whether it must end with the calling thread (see `process.start`).

    Raises:
        ToolMissing: it is not installed as pinned.
    """
    python = tools.ministack().require()
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    return process.start(
        "MiniStack",
        # -P: the launcher's folder holds this file, which would be taken for the package.
        [python, "-P", _LAUNCHER],
        env=environment(home, port, sagemaker_url=sagemaker_url, settings=settings),
        log=log,
        cwd=home,
        stop_with_parent=stop_with_parent,
    )


def environment(home: Path, port: int, *, sagemaker_url: str, settings: Settings) -> dict[str, str]:
    """MiniStack's whole environment; its Lambda functions inherit it.

    Nothing of the user's own is passed on: no AWS credentials, no proxy, no Python path.
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
        # Ports beside its own, and the machine's Docker, which it would search for leftovers.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{home}/no-docker.sock",
        "LAMBDA_EXECUTOR": "local",
        # After many drops at once each function has many processes, of some 60 MB each.
        "LAMBDA_WARM_TTL_SECONDS": "30",
        "SFN_WAIT_SCALE": str(settings.wait_scale),
        "AUTH": "true" if settings.enforce_iam else "false",
        "AWS_ENDPOINT_URL_SAGEMAKER": sagemaker_url,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": sagemaker_url,
        "AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING": sagemaker_url,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
