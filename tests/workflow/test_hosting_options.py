"""SageMaker gets the hosting options of the spec and of the template's parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from model_packager.names.stack import DEFAULT_STACK
from modeldrop.local import cloud as embedded
from tests.workflow.conftest import SETTINGS
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import NO_STAGING, batched_linear, save, traced_linear

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPEC = """
endpoint: {data_capture_percent: 25}
tags: {team: vision, cost-center: "42"}
"""
PARAMETERS = {
    "KmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "SubnetIds": "subnet-0a,subnet-0b",
    "SecurityGroupIds": "sg-0a",
    "AllowNetworkAccess": "true",
    "DataCapturePercent": "20",
    "ResourceTags": "team=vision,cost-center=42",
    "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/PowerUserAccess",
    "AllowedInstanceTypes": "ml.m5.large,ml.c5.large",
    "MaxInstances": "2",
    # This type has no local storage, so the KMS key applies to its volumes.
    "InstanceType": "ml.m5.large",
}


def test_options_of_the_spec_arrive_in_sagemaker(cloud: Cloud, name: str, tmp_path: Path) -> None:
    model = save(traced_linear(batched_linear()), tmp_path / "model.pt")
    spec = tmp_path / "deploy.yaml"
    spec.write_text(SPEC)

    outcome = cloud.drop(name, model, spec=spec)

    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    sagemaker = cloud.client("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName=cloud.endpoint(name))
    live = endpoint["EndpointConfigName"]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=live)
    served = sagemaker.describe_model(ModelName=live)
    bucket = cloud.embedded.output("ArtifactBucketName")
    assert config["DataCaptureConfig"]["InitialSamplingPercentage"] == 25
    assert config["DataCaptureConfig"]["DestinationS3Uri"] == f"s3://{bucket}/_capture"
    assert served["EnableNetworkIsolation"] is True
    assert "VpcConfig" not in served
    assert "KmsKeyId" not in config
    for arn in (served["ModelArn"], config["EndpointConfigArn"], endpoint["EndpointArn"]):
        tags = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}
        assert (tags["team"], tags["cost-center"]) == ("vision", "42")
        assert tags["modeldrop:model"] == name

    spec.write_text(f"tags: {{team: audio}}\n{NO_STAGING}")
    later = cloud.drop(name, model, spec=spec)

    assert later.execution_status == "SUCCEEDED", summary(later)
    tags = {
        tag["Key"]: tag["Value"]
        for tag in sagemaker.list_tags(ResourceArn=endpoint["EndpointArn"])["Tags"]
    }
    assert tags["team"] == "audio"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A stack with every optional parameter set."""
    settings = SETTINGS.model_copy(update={"parameters": {**SETTINGS.parameters, **PARAMETERS}})
    with embedded.running(tmp_path_factory.mktemp("guarded"), settings) as running:
        yield Cloud.of(running)


def test_options_of_the_stack_arrive_in_sagemaker(
    guarded: Cloud, name: str, tmp_path: Path
) -> None:
    model = save(traced_linear(batched_linear()), tmp_path / "model.pt")

    spec = tmp_path / "deploy.yaml"
    spec.write_text("container: {network_isolation: false}")

    outcome = guarded.drop(name, model, spec=spec)

    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    warnings = [each["code"] for each in content_of(outcome)["warnings"]]
    assert warnings == ["NETWORK_ACCESS"]
    sagemaker = guarded.client("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName=guarded.endpoint(name))
    live = endpoint["EndpointConfigName"]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=live)
    served = sagemaker.describe_model(ModelName=live)
    assert config["KmsKeyId"] == config["DataCaptureConfig"]["KmsKeyId"] == PARAMETERS["KmsKeyArn"]
    assert config["DataCaptureConfig"]["InitialSamplingPercentage"] == 20
    assert served["EnableNetworkIsolation"] is False
    assert served["VpcConfig"] == {
        "Subnets": ["subnet-0a", "subnet-0b"],
        "SecurityGroupIds": ["sg-0a"],
    }
    tags = sagemaker.list_tags(ResourceArn=endpoint["EndpointArn"])["Tags"]
    assert {"Key": "cost-center", "Value": "42"} in tags


def test_conditional_permissions_exist_with_their_parameters(guarded: Cloud) -> None:
    of_role = statements_of(guarded, "SageMakerExecutionRole")
    assert of_role["UseKey"]["Resource"] == PARAMETERS["KmsKeyArn"]
    interfaces = of_role["ManageNetworkInterfaces"]
    assert interfaces["Condition"] == {
        "StringLike": {"ec2:Subnet": ["*:subnet/subnet-0a", "*:subnet/subnet-0b"]}
    }
    assert "UseKey" in statements_of(guarded, "InspectModelFunctionRole")


def test_limits_of_the_stack_are_in_its_policies_and_reject_a_drop(
    guarded: Cloud, name: str, tmp_path: Path
) -> None:
    of_role = statements_of(guarded, "CreateEndpointConfigFunctionRole")
    assert of_role["CreateEndpointConfig"]["Condition"] == {
        "ForAllValues:StringEquals": {"sagemaker:InstanceTypes": ["ml.m5.large", "ml.c5.large"]},
        "Null": {"sagemaker:InstanceTypes": "false"},
    }
    spec = tmp_path / "deploy.yaml"
    spec.write_text("endpoint: {instance_count: 3}")
    model = save(traced_linear(batched_linear()), tmp_path / "model.pt")
    failed = guarded.drop(name, model, spec=spec).notification.content
    assert (failed["failed_state"], failed["error"]) == ("Inspect Model", "SpecRejected")
    assert failed["cause"].startswith("MaxInstances of the stack is 2, but ")


def test_conditional_permissions_do_not_exist_without_their_parameters(cloud: Cloud) -> None:
    of_role = statements_of(cloud, "SageMakerExecutionRole")
    assert "WriteCapturedRequests" in of_role
    assert not {"UseKey", "EncryptVolumes", "ManageNetworkInterfaces"} & set(of_role)
    assert "UseKey" not in statements_of(cloud, "InspectModelFunctionRole")


def statements_of(cloud: Cloud, role: str) -> dict[str, dict[str, Any]]:
    """Return the policy statements of a role of the stack, by Sid."""
    found = cloud.client("cloudformation").describe_stack_resource(
        StackName=DEFAULT_STACK, LogicalResourceId=role
    )["StackResourceDetail"]
    iam, name = cloud.client("iam"), found["PhysicalResourceId"]
    documents = [
        iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"]
        for each in iam.list_role_policies(RoleName=name)["PolicyNames"]
    ]
    return {each["Sid"]: each for document in documents for each in document["Statement"]}
