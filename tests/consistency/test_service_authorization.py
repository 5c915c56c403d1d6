"""Actions, resources and condition keys of all policies exist in AWS's reference."""

from __future__ import annotations

from typing import Any

import pytest

from modeldrop.local.sagemaker.api.required_permissions import RESOURCES as OF_OPERATIONS
from modeldrop.stack.service_calls import SERVICE_CALLS, ServiceCall
from modeldrop.stack.template import parameter_defaults, permissions, statements
from tests.consistency.asl import RESOURCES, TEMPLATE
from tests.consistency.service_authorization import mistakes, resource_types

REGION_AND_ACCOUNT = "us-east-1:123456789012"
KEY_ARN = f"arn:aws:kms:{REGION_AND_ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ARNS = {
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION_AND_ACCOUNT}:{{}}",
    "AWS::SNS::Topic": f"arn:aws:sns:{REGION_AND_ACCOUNT}:{{}}",
    "AWS::IAM::Role": "arn:aws:iam::123456789012:role/{}",
    "AWS::Serverless::Function": f"arn:aws:lambda:{REGION_AND_ACCOUNT}:function:{{}}",
    "AWS::Serverless::StateMachine": f"arn:aws:states:{REGION_AND_ACCOUNT}:stateMachine:{{}}",
}
BY_REF = {"AWS::SNS::Topic", "AWS::Serverless::StateMachine"}  # Ref returns an ARN for these types
KNOWN = {
    **{name: str(value) for name, value in parameter_defaults(TEMPLATE).items()},
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "modeldrop",
    "KmsKeyArn": KEY_ARN,
    **{
        name if resource["Type"] in BY_REF else f"{name}.Arn": ARNS[resource["Type"]].format(
            name.lower()
        )
        for name, resource in RESOURCES.items()
        if resource["Type"] in ARNS
    },
}
NAMES = {
    "partition": "aws",
    "region": "us-east-1",
    "account": "123456789012",
    "model": "modeldrop-resnet-v",
    "endpoint_config": "modeldrop-resnet-v",
    "endpoint": "modeldrop-resnet",
    "role_arn": "arn:aws:iam::123456789012:role/sagemaker",
    "schedule_role_arn": "arn:aws:iam::123456789012:role/schedulerole",
    "key_arn": KEY_ARN,
    "scalable_target_arn": "arn:aws:application-autoscaling:us-east-1:123456789012:"
    "scalable-target/1",
    "random_name": "7f4e1944-1817-4891-9bef-e055a90787a4",
    "bucket": "artifacts",
    "transform_job": "modeldrop-resnet-batch-3f9a1c2b3f9a1c",
    "batch_input": "_batch/3f9a1c2b3f9a1c/inputs/00000-00000",
    "batch_output": "_batch/3f9a1c2b3f9a1c/outputs/00000-00000.out",
    "object": "resnet/v/model.tar.gz",
    "prefix": "resnet/v/model/",
    "registry": "785573368785",
    "repository": "sagemaker-tritonserver",
    "log_stream": "primary/i-1",
    "alarm": "modeldrop-resnet-v-5xx",
    "input": "_async/inputs/1",
    "output": "_async/outputs/1.out",
    "failure": "_async/failures/1-error.out",
    "topic_arn": "arn:aws:sns:us-east-1:123456789012:inferencetopic",
}
# Statements for "*" whose actions have resource types, each with the reason.
ON_EVERYTHING = {
    # logs:DescribeLogGroups lists all groups (Step Functions developer guide, logging).
    "DeliverLogs",
    # Application Auto Scaling's probes name no resource (`service_calls`).
    "PermissionsValidation",
}

STATEMENTS = list(zip(permissions(TEMPLATE, KNOWN), statements(RESOURCES), strict=True))


@pytest.mark.parametrize(
    ("permission", "statement"),
    [(permission, each[1]) for permission, each in STATEMENTS],
    ids=[f"{permission.who}-{permission.statement}" for permission, _ in STATEMENTS],
)
def test_statement_has_actions_resources_and_keys_of_aws(permission: Any, statement: Any) -> None:
    assert "<" not in "".join(permission.resources), "a name that the test does not know"
    found = list(mistakes(statement, list(permission.resources)))
    if permission.statement in ON_EVERYTHING:
        found = [each for each in found if "*" not in each]
    assert found == []


@pytest.mark.parametrize(
    ("statement", "resource", "mistake"),
    [
        (
            {"Action": "sagemaker:InvokeEndpoints"},
            "arn:aws:sagemaker:us-east-1:1:endpoint/a",
            "AWS has no action sagemaker:InvokeEndpoints",
        ),
        (
            {"Action": "sagemaker:InvokeEndpoint"},
            "arn:aws:sagemaker:us-east-1:1:model/a",
            "sagemaker:InvokeEndpoint is never checked on arn:aws:sagemaker:us-east-1:1:model/a",
        ),
        ({"Action": "s3:ListBucket"}, "arn:aws:s3:::b/*", "s3:ListBucket is never checked on"),
        ({"Action": "s3:GetObject"}, "arn:aws:s3:::b", "s3:GetObject is never checked on"),
        ({"Action": "sagemaker:ListModels"}, "arn:aws:sagemaker:us-east-1:1:model/a", "is never"),
        (
            {
                "Action": "sagemaker:CreateModel",
                "Condition": {"StringLike": {"sagemaker:InstanceTypes": "ml.c5.*"}},
            },
            "arn:aws:sagemaker:us-east-1:1:model/a",
            "sagemaker:CreateModel has no condition key sagemaker:InstanceTypes",
        ),
    ],
)
def test_mistakes_are_found(statement: Any, resource: str, mistake: str) -> None:
    assert any(
        each.startswith(mistake) or mistake in each for each in mistakes(statement, [resource])
    )


@pytest.mark.parametrize("call", SERVICE_CALLS, ids=lambda call: f"{call.actor}-{call.action}")
def test_call_of_a_service_has_an_action_a_resource_and_keys_of_aws(call: ServiceCall) -> None:
    statement = {"Action": call.action, "Condition": {"StringEquals": call.context_keys(NAMES)}}
    resource = call.resource_arn(NAMES)
    found = list(mistakes(statement, [resource]))
    if resource == "*":  # the call names no resource, although other calls do
        found = [each for each in found if "*" not in each]
    assert found == []
    for trigger in call.triggers:
        assert resource_types(trigger) is not None


def test_local_sagemaker_checks_the_resources_that_aws_checks() -> None:
    kinds = {
        "model": "model",
        "endpoint": "endpoint",
        "endpoint configuration": "endpoint-config",
        "transform job": "transform-job",
    }
    for operation, resources in OF_OPERATIONS.items():
        required = {
            name for name, always in resource_types(f"sagemaker:{operation}").items() if always
        }
        assert {kinds[kind] for kind, _ in resources} == required, operation
