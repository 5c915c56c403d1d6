"""Emulates AWS in this process (moto) for the functions' clients, and creates models with torch.

Fixtures import torch, because its import takes seconds, and other tests use this module, too.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws
from moto.sagemaker.models import sagemaker_backends

from tests.unit.functions.samples import (
    ACCOUNT,
    ARTIFACTS,
    DROPS,
    REGION,
    ROLE,
    existing,
    source,
)
from workflow import best_effort
from workflow.aws import clients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.literals import ProductionVariantInstanceTypeType

    from model_packager.stored import Source


_CLIENTS = (
    clients.application_autoscaling,
    clients.cloudwatch,
    clients.logs,
    clients.s3,
    clients.sagemaker,
    clients.sagemaker_runtime,
    clients.sns,
    clients.stepfunctions,
)


_TEST_ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_SESSION_TOKEN": "test",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "1",
    "POWERTOOLS_METRICS_NAMESPACE": "Modeldrop",
    "NO_PROXY": "127.0.0.1",
}


@dataclass(frozen=True)
class Invocation:
    """The context object that Lambda passes to a function."""

    function_name: str = "step"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:123456789012:function:step"
    aws_request_id: str = "52fdfc07-2182-454f-963f-5f0f9a621d72"


@pytest.fixture
def context() -> LambdaContext:
    return cast("LambdaContext", Invocation())


@pytest.fixture(scope="session")
def _session() -> boto3.Session:
    """One session for all tests, because a session reads the service models only once."""
    return boto3.Session(
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106
        region_name=REGION,
    )


@pytest.fixture(scope="module", autouse=True)
def _environment(_session: boto3.Session) -> Iterator[None]:
    """Set the environment of a test account without the user's settings, and create its clients.

    Reads are retried three times as usual, but without waiting.
    """
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL"):
            environment.delenv(name, raising=False)
        for name, value in _TEST_ACCOUNT.items():
            environment.setenv(name, value)
        environment.setattr(boto3, "DEFAULT_SESSION", _session)
        environment.setattr(best_effort, "_PAUSES", (0, 0))
        forget_clients()
        yield
        forget_clients()


@pytest.fixture
def new_clients() -> Iterator[None]:
    """Separate clients, for a test that changes their URLs."""
    forget_clients()
    yield
    forget_clients()


def forget_clients() -> None:
    for client in _CLIENTS:
        client.cache_clear()


@pytest.fixture
def aws() -> Iterator[None]:
    """An empty AWS account."""
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        yield


@pytest.fixture
def buckets(aws: None) -> None:
    """The versioned drop bucket and the artifact bucket."""
    for bucket in (DROPS, ARTIFACTS):
        clients.s3().create_bucket(Bucket=bucket)
    clients.s3().put_bucket_versioning(Bucket=DROPS, VersioningConfiguration={"Status": "Enabled"})


@pytest.fixture
def put(buckets: None) -> Callable[..., Source]:
    """A function that puts an object into the drop bucket, and returns an event's source."""

    def put(content: bytes, key: str = "resnet/model.pt") -> Source:
        etag = clients.s3().put_object(Bucket=DROPS, Key=key, Body=content)["ETag"]
        return source(etag, key)

    return put


def _traced(inputs: int, outputs: int, **files: str) -> bytes:
    import torch

    trace: Any = torch.jit.trace
    file = io.BytesIO()
    linear = torch.nn.Linear(inputs, outputs).eval()
    traced = trace(linear, torch.rand(1, inputs), check_trace=False)
    torch.jit.save(traced, file, _extra_files={f"{name}.txt": files[name] for name in files})
    return file.getvalue()


@pytest.fixture(scope="session")
def traced_model() -> bytes:
    """A traced model: FP32 [1, 3] to FP32 [1, 2]."""
    return _traced(3, 2)


@pytest.fixture(scope="session")
def model_with_labels() -> bytes:
    """The same model with labels.txt inside."""
    return _traced(3, 2, labels="cat\ndog\n")


@pytest.fixture(scope="session")
def large_model() -> bytes:
    """A traced model of 5 MB, with weights in more than its last block."""
    return _traced(1200, 1000)


@pytest.fixture
def sagemaker(aws: None) -> Iterator[SageMakerClient]:
    """moto's SageMaker, but with unique names, which moto does not enforce."""
    client, backend = clients.sagemaker(), sagemaker_backends[ACCOUNT][REGION]

    def refuse_taken(params: dict[str, Any], **_: object) -> None:
        name = json.loads(params["body"])["ModelName"]
        if any(each.model_name == name for each in backend.list_models()):
            raise existing("model", "CreateModel", name)

    def refuse_taken_config(params: dict[str, Any], **_: object) -> None:
        name = json.loads(params["body"])["EndpointConfigName"]
        if name in backend.endpoint_configs:
            raise existing("endpoint configuration", "CreateEndpointConfig", name)

    hooks = {"CreateModel": refuse_taken, "CreateEndpointConfig": refuse_taken_config}
    for operation, hook in hooks.items():
        client.meta.events.register(f"before-call.sagemaker.{operation}", hook)
    yield client
    for operation, hook in hooks.items():
        client.meta.events.unregister(f"before-call.sagemaker.{operation}", hook)


@pytest.fixture
def updates(sagemaker: SageMakerClient) -> Iterator[list[dict[str, Any]]]:
    """Emulate UpdateEndpoint, which moto lacks, and yield the requests in order."""
    requests: list[dict[str, Any]] = []

    # A hook that returns a response ends a call in botocore, but the type stubs do not have this.
    def update(params: dict[str, Any], **_: object) -> Any:
        request = json.loads(params["body"])
        sagemaker.describe_endpoint_config(EndpointConfigName=request["EndpointConfigName"])
        endpoint = sagemaker_backends[ACCOUNT][REGION].endpoints[request["EndpointName"]]
        endpoint.endpoint_config_name = request["EndpointConfigName"]
        requests.append(request)
        return AWSResponse(params["url"], 200, HTTPHeaders(), None), {"EndpointArn": endpoint.arn}

    sagemaker.meta.events.register("before-call.sagemaker.UpdateEndpoint", update)
    yield requests
    sagemaker.meta.events.unregister("before-call.sagemaker.UpdateEndpoint", update)


@pytest.fixture
def set_status(sagemaker: SageMakerClient) -> Callable[[str, str], None]:
    """A function that sets the status of an endpoint. moto's endpoints are always InService."""

    def set_status(endpoint: str, status: str) -> None:
        sagemaker_backends[ACCOUNT][REGION].endpoints[endpoint].endpoint_status = status

    return set_status


@pytest.fixture
def execution(aws: None) -> Callable[..., str]:
    """A function that starts an execution, optionally stops it, and returns its ARN."""
    machine = clients.stepfunctions().create_state_machine(
        name="deploy-model", definition='{"StartAt": "A"}', roleArn=ROLE
    )

    def start(name: str, *, stopped: bool = False) -> str:
        arn = clients.stepfunctions().start_execution(
            stateMachineArn=machine["stateMachineArn"], name=name
        )["executionArn"]
        if stopped:
            clients.stepfunctions().stop_execution(executionArn=arn)
        return arn

    return start


@pytest.fixture
def create_config(sagemaker: SageMakerClient) -> Callable[..., None]:
    """A function that creates an endpoint config and a model with the same name."""

    def create(name: str, instance_type: str = "ml.m5.large", **tags: str) -> None:
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE)
        sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": "primary",
                    "ModelName": name,
                    "InstanceType": cast("ProductionVariantInstanceTypeType", instance_type),
                    "InitialInstanceCount": 1,
                }
            ],
            Tags=[{"Key": f"modeldrop:{key}", "Value": value} for key, value in tags.items()],
        )

    return create
