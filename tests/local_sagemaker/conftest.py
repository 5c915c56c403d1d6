from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from botocore.config import Config

from model_packager.aws_limits import LOG_EVENTS
from modeldrop.local.ministack import process as ministack
from modeldrop.local.sagemaker.faults import FaultsClient
from tests.embedded_cloud.conftest import OWNER, ministack_session
from tests.local_sagemaker.archives import rows_archive

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

from tests.waiting import until

ROOT = Path(__file__).parents[2]
BUCKET = "models"
BATCH_MODEL = "batch-model"
IMAGE = "785573368785.dkr.ecr.us-east-1.amazonaws.com/sagemaker-tritonserver:25.09-py3"
ROLE = "arn:aws:iam::000000000000:role/sagemaker"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        httpx.get(url, trust_env=False)
    except httpx.TransportError:
        return False
    return True


@pytest.fixture(scope="package")
def aws_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a MiniStack as in the embedded cloud, for S3, CloudWatch and CloudWatch Logs."""
    home = tmp_path_factory.mktemp("ministack")
    with ministack_session(home, ministack.Settings(enforce_iam=False)) as session:
        yield session.client("s3").meta.endpoint_url


def client(service: str, url: str, credentials: Mapping[str, str] | None = None) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=credentials["AccessKeyId"] if credentials else OWNER.access_key,
        aws_secret_access_key=(credentials["SecretAccessKey"] if credentials else OWNER.secret_key),
        aws_session_token=credentials["SessionToken"] if credentials else None,
        config=Config(retries={"total_max_attempts": 1}),
    )


@dataclass
class LocalSageMaker:
    """A running local SageMaker, with methods for tests."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]
    s3: S3Client
    logs: CloudWatchLogsClient
    cloudwatch: Any

    def __post_init__(self) -> None:
        self.sagemaker: SageMakerClient = client("sagemaker", self.url)
        self.runtime: SageMakerRuntimeClient = client("sagemaker-runtime", self.url)
        self.scaling: Any = client("application-autoscaling", self.url)
        self.faults = FaultsClient(self.url, OWNER)

    def put_model(self, name: str, archive: bytes, **environment: str) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=f"{name}/model.tar.gz", Body=archive)
        self.create_model(name, f"s3://{BUCKET}/{name}/model.tar.gz", **environment)

    def create_model(self, name: str, url: str, **environment: str) -> str:
        return self.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": IMAGE, "ModelDataUrl": url, "Environment": environment},
        )["ModelArn"]

    def create_config(self, name: str, *models: str) -> str:
        return self.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": "primary" if i == 0 else f"other-{i}",
                    "ModelName": model,
                    "InstanceType": "ml.g4dn.xlarge",
                    "InitialInstanceCount": 2,
                }
                for i, model in enumerate(models)
            ],
        )["EndpointConfigArn"]

    def create_endpoint(self, name: str, config: str) -> str:
        return self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)[
            "EndpointArn"
        ]

    def describe(self, name: str) -> DescribeEndpointOutputTypeDef:
        return self.sagemaker.describe_endpoint(EndpointName=name)

    def settled(self, name: str) -> DescribeEndpointOutputTypeDef:
        """Wait until the endpoint's transition has ended, and return the description."""
        transient = {"Creating", "Updating"}

        def description() -> Any:
            shown = self.describe(name)
            return None if shown["EndpointStatus"] in transient else shown

        return until(description)  # type: ignore[no-any-return]

    def delete(self, name: str) -> None:
        self.sagemaker.delete_endpoint(EndpointName=name)
        until(lambda: name not in self.endpoints())

    def endpoints(self) -> list[str]:
        listed = self.sagemaker.list_endpoints(MaxResults=100)["Endpoints"]
        return [endpoint["EndpointName"] for endpoint in listed]

    def log_lines(self, endpoint: str) -> list[str]:
        """Return the lines of an endpoint's containers in CloudWatch Logs."""
        group = f"/aws/sagemaker/Endpoints/{endpoint}"
        groups = self.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        if not groups:
            return []
        streams = self.logs.describe_log_streams(logGroupName=group)["logStreams"]
        return [
            event["message"]
            for stream in streams
            for event in self.logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], limit=LOG_EVENTS.value
            )["events"]
        ]

    def peak_bytes(self) -> int:
        """Return the peak memory of the process in bytes, without child processes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(with_signal)
        return self.process.wait(30)


def start_local_sagemaker(
    home: Path, aws_url: str, *, enforce_iam: bool = False, seconds_per_minute: float = 60.0
) -> LocalSageMaker:
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "modeldrop.local.sagemaker",
            f"--port={port}",
            f"--aws-endpoint-url={aws_url}",
            f"--home={home}",
            f"--triton={ROOT / '.tools/triton'}",
            f"--seconds-per-minute={seconds_per_minute}",
            *(["--enforce-iam"] if enforce_iam else []),
        ],
        cwd=ROOT,
        env={**os.environ, **OWNER.environment()},
    )
    url = f"http://127.0.0.1:{port}"
    until(lambda: process.poll() is not None or answers(f"{url}/ready"))
    assert process.poll() is None, "the local SageMaker did not start"
    s3, logs = client("s3", aws_url), client("logs", aws_url)
    s3.create_bucket(Bucket=BUCKET)
    return LocalSageMaker(url, home, process, s3, logs, client("cloudwatch", aws_url))


@pytest.fixture(scope="package")
def local(aws_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSageMaker]:
    """One local SageMaker for all tests. Each test uses different names."""
    running = start_local_sagemaker(tmp_path_factory.mktemp("sagemaker"), aws_url)
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="package")
def batch(aws_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSageMaker]:
    """The local SageMaker with a model that returns the sum of each row, three times."""
    local = start_local_sagemaker(tmp_path_factory.mktemp("batch"), aws_url)
    local.put_model(BATCH_MODEL, rows_archive())
    yield local
    assert local.stop() == 0
