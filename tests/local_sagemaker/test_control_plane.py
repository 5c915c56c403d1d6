"""The control plane with an unmodified boto3 client, without hosting."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from modeldrop.local.access.owner_auth import OwnerAuth
from modeldrop.local.sagemaker.faults import ApiFault, EndpointFault
from tests.embedded_cloud.conftest import OWNER
from tests.local_sagemaker.archives import archive
from tests.local_sagemaker.conftest import BUCKET, IMAGE, ROLE, LocalSageMaker

ARN = "arn:aws:sagemaker:us-east-1:000000000000"


def error_of(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


@pytest.fixture
def name() -> str:
    return f"Name-{uuid.uuid4().hex[:8]}"


def test_missing_resources_have_the_messages_of_aws(local: LocalSageMaker) -> None:
    sagemaker = local.sagemaker
    for call, sentence in (
        (lambda: sagemaker.describe_model(ModelName="None"), f'model "{ARN}:model/none"'),
        (lambda: sagemaker.delete_model(ModelName="None"), f'model "{ARN}:model/none"'),
        (
            lambda: sagemaker.describe_endpoint_config(EndpointConfigName="None"),
            f'endpoint configuration "{ARN}:endpoint-config/none"',
        ),
        (
            lambda: sagemaker.delete_endpoint_config(EndpointConfigName="None"),
            f'endpoint configuration "{ARN}:endpoint-config/none"',
        ),
        (lambda: local.describe("None"), f'endpoint "{ARN}:endpoint/none"'),
        (
            lambda: sagemaker.delete_endpoint(EndpointName="None"),
            f'endpoint "{ARN}:endpoint/none"',
        ),
        (
            lambda: sagemaker.update_endpoint(EndpointName="None", EndpointConfigName="None"),
            f'endpoint "{ARN}:endpoint/none"',
        ),
        (
            lambda: local.create_endpoint("None", "None"),
            f'endpoint configuration "{ARN}:endpoint-config/none"',
        ),
        (lambda: local.create_config("None", "None"), f'model "{ARN}:model/none"'),
        (
            lambda: sagemaker.list_tags(ResourceArn=f"{ARN}:endpoint/none"),
            f'endpoint "{ARN}:endpoint/none"',
        ),
    ):
        assert error_of(call) == ("ValidationException", f"Could not find {sentence}.")


def test_invocation_of_a_missing_endpoint(local: LocalSageMaker) -> None:
    code, message = error_of(lambda: local.runtime.invoke_endpoint(EndpointName="None", Body=b""))
    assert code == "ValidationError"
    assert message == "Endpoint None of account 000000000000 not found."


def test_models_and_configs_are_created_and_deleted(local: LocalSageMaker, name: str) -> None:
    local.put_model(name, archive({"m/1/model.pt": b""}), A="1")
    taken = f'Cannot create already existing model "{ARN}:model/{name.lower()}".'
    again = lambda: local.create_model(name, f"s3://{BUCKET}/{name}/model.tar.gz")  # noqa: E731
    assert error_of(again) == ("ValidationException", taken)
    model = local.sagemaker.describe_model(ModelName=name)
    assert model["ModelArn"] == f"{ARN}:model/{name.lower()}"
    assert model["ExecutionRoleArn"] == ROLE
    assert model["PrimaryContainer"] == {
        "Image": IMAGE,
        "ModelDataUrl": f"s3://{BUCKET}/{name}/model.tar.gz",
        "Environment": {"A": "1"},
    }

    arn = local.create_config(name, name)
    taken = f'Cannot create already existing endpoint configuration "{arn}".'
    assert error_of(lambda: local.create_config(name, name)) == ("ValidationException", taken)
    config = local.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    (variant,) = config["ProductionVariants"]
    assert (variant["ModelName"], variant["InitialVariantWeight"]) == (name, 1.0)

    local.sagemaker.delete_model(ModelName=name)  # accepted although a config uses it
    local.sagemaker.delete_endpoint_config(EndpointConfigName=name)
    assert error_of(lambda: local.sagemaker.describe_model(ModelName=name))[0]


def test_networks_keys_capture_and_tags_are_kept_and_shown(
    local: LocalSageMaker, name: str
) -> None:
    local.s3.put_object(Bucket=BUCKET, Key=name, Body=archive({"m/readme": b""}))
    network: Any = {
        "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
        "EnableNetworkIsolation": True,
    }
    tags: Any = [{"Key": "team", "Value": "vision"}]
    container: Any = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/{name}"}
    arns = [
        local.sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container, Tags=tags, **network
        )["ModelArn"]
    ]
    model = local.sagemaker.describe_model(ModelName=name)
    assert {key: model[key] for key in network} == network  # type: ignore[literal-required]
    capture: Any = {
        "KmsKeyId": "alias/models",
        "DataCaptureConfig": {
            "EnableCapture": True,
            "InitialSamplingPercentage": 20,
            "DestinationS3Uri": f"s3://{BUCKET}/captured",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        },
    }
    variant: Any = {
        "VariantName": "primary",
        "ModelName": name,
        "InstanceType": "ml.c5.large",
        "InitialInstanceCount": 1,
    }
    arns.append(
        local.sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[variant], Tags=tags, **capture
        )["EndpointConfigArn"]
    )
    config = local.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    assert {key: config[key] for key in capture} == capture  # type: ignore[literal-required]
    local.faults.add(EndpointFault(kind="hang", endpoint_contains=name))
    endpoint = local.sagemaker.create_endpoint(
        EndpointName=name, EndpointConfigName=name, Tags=tags
    )
    for arn in (*arns, endpoint["EndpointArn"]):
        assert local.sagemaker.list_tags(ResourceArn=arn)["Tags"] == tags
    local.faults.clear(name)
    local.settled(name)
    local.delete(name)


def test_a_deployment_config_is_checked_at_creation_too(local: LocalSageMaker, name: str) -> None:
    local.put_model(name, archive({"m/1/model.pt": b""}))
    local.create_config(name, name)
    routing: Any = {
        "Type": "CANARY",
        "WaitIntervalInSeconds": 0,
        "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 2},
    }
    create = lambda: local.sagemaker.create_endpoint(  # noqa: E731
        EndpointName=name,
        EndpointConfigName=name,
        DeploymentConfig={"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}},
    )
    assert "CanarySize must be 0-50%" in error_of(create)[1]
    assert name not in local.endpoints()


def test_create_model_refuses_what_aws_refuses_there(local: LocalSageMaker, name: str) -> None:
    def create(**container: Any) -> None:
        local.sagemaker.create_model(ModelName=name, PrimaryContainer=container)  # type: ignore[arg-type]

    assert error_of(lambda: create(Image="triton:latest"))[1] == (
        'Using non-ECR image "triton:latest" without Vpc repository access mode is not supported.'
    )
    missing = f"s3://{BUCKET}/no/model.tar.gz"
    assert error_of(lambda: create(Image=IMAGE, ModelDataUrl=missing))[1] == (
        f"Could not find model data at {missing}."
    )
    source = {"S3Uri": f"s3://{BUCKET}/no", "S3DataType": "S3Prefix", "CompressionType": "None"}
    message = error_of(lambda: create(Image=IMAGE, ModelDataSource={"S3DataSource": source}))[1]
    assert "must end with a slash" in message
    code, message = error_of(lambda: create(Image=IMAGE, Environment={"1": "a"}))
    assert code == "ValidationException"
    assert "'primaryContainer.environment.key' failed to satisfy constraint" in message
    large = {f"V{i}": "x" * 1000 for i in range(40)}
    assert "the maximum is 32768" in error_of(lambda: create(Image=IMAGE, Environment=large))[1]


def test_unsupported_hosting_options_are_reported(local: LocalSageMaker, name: str) -> None:
    local.put_model(name, archive({"m/1/model.pt": b""}))
    variant: Any = {
        "VariantName": "primary",
        "ModelName": name,
        "ServerlessConfig": {
            "MemorySizeInMB": 2048,
            "MaxConcurrency": 1,
            "ProvisionedConcurrency": 1,
        },
    }
    call = lambda: local.sagemaker.create_endpoint_config(  # noqa: E731
        EndpointConfigName=name, ProductionVariants=[variant]
    )
    assert error_of(call)[1] == (
        "Modeldrop's local SageMaker does not support ProvisionedConcurrency. Deploy to AWS for "
        "that."
    )
    code, message = error_of(lambda: local.sagemaker.list_training_jobs())
    assert code == "UnknownOperationException"
    assert "no operation 'ListTrainingJobs'. It has: AddTags, CreateEndpoint, " in message


def test_lists_are_filtered_sorted_and_paged(local: LocalSageMaker, name: str) -> None:
    names = [f"{name}-{letter}" for letter in "bca"]
    for each in names:
        local.put_model(each, archive({"m/1/model.pt": b""}))
        local.create_config(each, each)
    listed = local.sagemaker.list_models(NameContains=name.lower())["Models"]
    assert [model["ModelName"] for model in listed] == names[::-1]  # newest first
    first = local.sagemaker.list_models(
        NameContains=name, SortBy="Name", SortOrder="Ascending", MaxResults=2
    )
    assert [model["ModelName"] for model in first["Models"]] == sorted(names)[:2]
    rest = local.sagemaker.list_models(
        NameContains=name,
        SortBy="Name",
        SortOrder="Ascending",
        MaxResults=2,
        NextToken=first["NextToken"],
    )
    assert [model["ModelName"] for model in rest["Models"]] == sorted(names)[2:]
    assert "NextToken" not in rest
    configs = local.sagemaker.list_endpoint_configs(NameContains=name)["EndpointConfigs"]
    assert len(configs) == 3
    assert (
        local.sagemaker.list_endpoints(NameContains=name, StatusEquals="Failed")["Endpoints"] == []
    )


def test_tags(local: LocalSageMaker, name: str) -> None:
    local.s3.put_object(Bucket=BUCKET, Key=name, Body=archive({"m": b""}))
    arn = local.create_model(name, f"s3://{BUCKET}/{name}")
    local.sagemaker.add_tags(
        ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    )
    local.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "3"}])
    local.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["b", "c"])
    assert local.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "3"}]


def test_injected_fault_hits_two_calls(local: LocalSageMaker, name: str) -> None:
    local.faults.add(
        ApiFault(operation="DescribeModel", name_contains=name, times=2),
        ApiFault(
            operation="InvokeEndpoint", name_contains=name, error="InternalFailure", status=500
        ),
    )
    describe = lambda: local.sagemaker.describe_model(ModelName=name)  # noqa: E731
    for _ in range(2):
        assert error_of(describe) == ("ThrottlingException", "Rate exceeded")
    assert error_of(describe)[0] == "ValidationException"
    with pytest.raises(ClientError) as caught:
        local.runtime.invoke_endpoint(EndpointName=name, Body=b"")
    assert caught.value.response["Error"]["Code"] == "InternalFailure"


def test_invalid_fault_is_refused(local: LocalSageMaker) -> None:
    refused = httpx.put(f"{local.url}/faults", json=[{"kind": "sulk"}], auth=OwnerAuth(OWNER))
    assert refused.status_code == 400
    assert "sulk" in refused.text
