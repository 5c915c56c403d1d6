"""The local SageMaker checks the policies of its callers, as AWS does."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from modeldrop.stack.service_calls import SERVICE_CALLS, ServiceCall
from modeldrop.stack.template import parameter_defaults, read_template, statements
from tests.local_sagemaker.authorization.conftest import (
    ACCOUNT,
    LIVE,
    SAGEMAKER,
    Caller,
    Guarded,
    allow,
    error_of,
)
from tests.local_sagemaker.conftest import BUCKET, IMAGE, client

VARIANT = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{LIVE}/variant/primary",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
STEP = {
    "PolicyType": "StepScaling",
    "StepScalingPolicyConfiguration": {
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    },
}


def test_call_without_permission_is_refused_with_aws_message(guarded: Guarded) -> None:
    caller = guarded.caller(allow("sagemaker:DescribeModel"))
    resource = f"{SAGEMAKER}:endpoint/nobody"
    denied = caller.denied("sagemaker:DescribeEndpoint", resource)
    describe = caller.sagemaker.describe_endpoint
    assert error_of(lambda: describe(EndpointName="Nobody")) == (
        "AccessDeniedException",
        denied,
        400,
    )


def test_runtime_checks_invocations(guarded: Guarded) -> None:
    caller = guarded.caller(allow("sagemaker:InvokeEndpoint", f"{SAGEMAKER}:endpoint/own-*"))
    invoke = caller.runtime.invoke_endpoint
    denied = caller.denied("sagemaker:InvokeEndpoint", f"{SAGEMAKER}:endpoint/other")
    code, message, status = error_of(lambda: invoke(EndpointName="other", Body=b""))
    assert (code, message, status) == ("AccessDeniedException", denied, 403)
    code, _, _ = error_of(lambda: invoke(EndpointName="own-one", Body=b""))
    assert code == "ValidationError"  # allowed, but the endpoint does not exist


def test_conditions_restrict_target_models(guarded: Guarded) -> None:
    """Developer guide, "Multi-Model Endpoint Security"."""
    condition = {"StringLike": {"sagemaker:TargetModel": ["mine/*"]}}
    caller = guarded.caller(allow("sagemaker:InvokeEndpoint", Condition=condition))
    invoke = partial(caller.runtime.invoke_endpoint, EndpointName="any", Body=b"")
    assert error_of(lambda: invoke(TargetModel="yours/a"))[0] == "AccessDeniedException"
    assert error_of(invoke)[0] == "AccessDeniedException"
    # Allowed, but the endpoint does not exist.
    assert error_of(lambda: invoke(TargetModel="mine/a"))[0] == "ValidationError"


def test_all_resources_of_a_call_need_the_permission(guarded: Guarded) -> None:
    """CreateEndpoint and UpdateEndpoint name two resources (service authorization reference)."""
    for operation in ("CreateEndpoint", "UpdateEndpoint"):
        caller = guarded.caller(allow(f"sagemaker:{operation}", f"{SAGEMAKER}:endpoint/*"))
        method = caller.sagemaker.meta.method_to_api_mapping
        [name] = [python for python, api in method.items() if api == operation]
        call = getattr(caller.sagemaker, name)
        denied = caller.denied(f"sagemaker:{operation}", f"{SAGEMAKER}:endpoint-config/c")
        names = {"EndpointName": "e", "EndpointConfigName": "c"}
        assert error_of(partial(call, **names))[1] == denied


def test_lists_name_no_resource(guarded: Guarded) -> None:
    narrow = guarded.caller(allow("sagemaker:ListEndpoints", f"{SAGEMAKER}:endpoint/*"))
    code, _, _ = error_of(narrow.sagemaker.list_endpoints)
    assert code == "AccessDeniedException"
    assert guarded.caller(allow("sagemaker:ListEndpoints")).sagemaker.list_endpoints()


def test_explicit_deny_wins(guarded: Guarded) -> None:
    caller = guarded.caller(
        allow("sagemaker:*"), {**allow("sagemaker:ListModels"), "Effect": "Deny"}
    )
    code, message, _ = error_of(caller.sagemaker.list_models)
    assert code == "AccessDeniedException"
    assert message.endswith("with an explicit deny in an identity-based policy")


def test_permissions_boundary_limits(guarded: Guarded) -> None:
    """Source of the message: aws/amazon-sagemaker-feedback#88."""
    document = {"Version": "2012-10-17", "Statement": [allow("sagemaker:ListModels")]}
    boundary = guarded.iam.create_policy(
        PolicyName="only-list-models", PolicyDocument=json.dumps(document)
    )["Policy"]["Arn"]
    caller = guarded.caller(allow("sagemaker:*"), boundary=boundary)
    assert caller.sagemaker.list_models()
    code, message, _ = error_of(caller.sagemaker.list_endpoints)
    assert code == "AccessDeniedException"
    assert message.endswith(
        "because no permissions boundary allows the sagemaker:ListEndpoints action"
    )


def test_conditions_restrict_instance_types(guarded: Guarded) -> None:
    """The policy is from AWS's developer guide, "Control Access by Using Condition Keys"."""
    caller = guarded.caller(
        allow(
            "sagemaker:CreateEndpointConfig",
            Condition={
                "ForAllValues:StringLike": {"sagemaker:InstanceTypes": ["ml.c5.*", "ml.g4dn.*"]}
            },
        )
    )

    def create(*types: str) -> str:
        variants = [
            {
                "VariantName": f"v{i}",
                "ModelName": "nothing",
                "InstanceType": each,
                "InitialInstanceCount": 1,
            }
            for i, each in enumerate(types)
        ]
        return error_of(
            lambda: caller.sagemaker.create_endpoint_config(
                EndpointConfigName="c", ProductionVariants=variants
            )
        )[0]

    assert create("ml.p4d.24xlarge") == "AccessDeniedException"
    assert create("ml.c5.large", "ml.p4d.24xlarge") == "AccessDeniedException"
    # Allowed, but the model does not exist.
    assert create("ml.c5.large", "ml.g4dn.xlarge") == "ValidationException"


def test_function_cannot_create_a_config_with_another_type(guarded: Guarded) -> None:
    """The statement is from the template, with the default of its parameter."""
    template = read_template()
    [statement] = [
        each
        for name, each, _when in statements(template["Resources"])
        if name == "CreateEndpointConfigFunction" and each["Sid"] == "CreateEndpointConfig"
    ]
    condition = statement["Condition"]
    values = condition["ForAllValues:StringEquals"]["sagemaker:InstanceTypes"]
    allowed = str(parameter_defaults(template)[values["Ref"]]).split(",")
    condition["ForAllValues:StringEquals"]["sagemaker:InstanceTypes"] = allowed
    caller = guarded.caller(allow(statement["Action"], Condition=condition))
    denied = caller.denied(statement["Action"], f"{SAGEMAKER}:endpoint-config/c")

    def create(**capacity: Any) -> tuple[str, str]:
        variant = {"VariantName": "primary", "ModelName": "nothing", **capacity}
        code, message, _status = error_of(
            lambda: caller.sagemaker.create_endpoint_config(
                EndpointConfigName="c", ProductionVariants=[variant]
            )
        )
        return code, message

    other = create(InstanceType="ml.p4d.24xlarge", InitialInstanceCount=1)
    assert other == ("AccessDeniedException", denied)
    # A serverless variant has no instance type, which ForAllValues by itself would accept.
    serverless = create(ServerlessConfig={"MemorySizeInMB": 1024, "MaxConcurrency": 1})
    assert serverless == ("AccessDeniedException", denied)
    code, _message = create(InstanceType=allowed[0], InitialInstanceCount=1)
    assert code == "ValidationException"  # allowed, but the model does not exist


def test_statement_for_serverless_configs_allows_no_instances(guarded: Guarded) -> None:
    """Otherwise it would bypass the allowed instance types, even with both kinds of variants."""
    [statement] = [
        each
        for name, each, _when in statements(read_template()["Resources"])
        if each["Sid"] == "CreateServerlessEndpointConfig"
    ]
    caller = guarded.caller(allow(statement["Action"], Condition=statement["Condition"]))
    serverless = {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}}
    instances = {"InstanceType": "ml.p4d.24xlarge", "InitialInstanceCount": 1}

    def code(*capacities: dict[str, Any]) -> str:
        variants: Any = [
            {"VariantName": f"v{number}", "ModelName": "nothing", **each}
            for number, each in enumerate(capacities)
        ]
        return error_of(
            lambda: caller.sagemaker.create_endpoint_config(
                EndpointConfigName="c", ProductionVariants=variants
            )
        )[0]

    assert code(serverless) == "ValidationException"  # allowed, but the model does not exist
    assert code(instances) == "AccessDeniedException"
    assert code(serverless, instances) == "AccessDeniedException"


def transform_job(instance_type: str = "ml.m5.large", **members: Any) -> dict[str, Any]:
    """Return a CreateTransformJob request for a model that does not exist."""
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/in/"}
    return {
        "TransformJobName": "Job",
        "ModelName": "Nothing",
        "TransformInput": {"DataSource": {"S3DataSource": source}},
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/out"},
        "TransformResources": {"InstanceType": instance_type, "InstanceCount": 1},
        **members,
    }


def test_conditions_restrict_transform_jobs(guarded: Guarded) -> None:
    """The condition keys of CreateTransformJob (service authorization reference)."""
    condition = {
        "ForAllValues:StringLike": {"sagemaker:InstanceTypes": ["ml.m5.*"]},
        "StringEquals": {"sagemaker:ModelArn": f"{SAGEMAKER}:model/nothing"},
    }
    caller = guarded.caller(
        allow("sagemaker:CreateTransformJob", f"{SAGEMAKER}:transform-job/*", Condition=condition)
    )

    def create(**members: Any) -> str:
        request = transform_job(**members)
        return error_of(lambda: caller.sagemaker.create_transform_job(**request))[0]

    assert create(instance_type="ml.c5.xlarge") == "AccessDeniedException"
    assert create(ModelName="other") == "AccessDeniedException"
    assert create() == "ValidationException"  # allowed, but the model does not exist


def test_tags_of_a_transform_job_need_a_permission(guarded: Guarded) -> None:
    tagged = transform_job(Tags=[{"Key": "team", "Value": "vision"}])
    caller = guarded.caller(allow("sagemaker:CreateTransformJob"))
    denied = caller.denied("sagemaker:AddTags", f"{SAGEMAKER}:transform-job/job")
    code, message, _ = error_of(lambda: caller.sagemaker.create_transform_job(**tagged))
    assert (code, message) == ("AccessDeniedException", denied)
    tagger = guarded.caller(
        allow(["sagemaker:CreateTransformJob", "sagemaker:AddTags"]),
    )
    code, _, _ = error_of(lambda: tagger.sagemaker.create_transform_job(**tagged))
    assert code == "ValidationException"  # allowed, but the model does not exist


@pytest.mark.parametrize("operation", ["describe_transform_job", "stop_transform_job"])
def test_transform_job_needs_a_permission(guarded: Guarded, operation: str) -> None:
    caller = guarded.caller(allow("sagemaker:*", f"{SAGEMAKER}:transform-job/own-*"))
    call = getattr(caller.sagemaker, operation)
    assert error_of(lambda: call(TransformJobName="other"))[0] == "AccessDeniedException"
    assert error_of(lambda: call(TransformJobName="own-1"))[0] == "ValidationException"


def test_conditions_require_tags(guarded: Guarded) -> None:
    """The policy is from AWS's developer guide (identity-based policy examples)."""
    caller = guarded.caller(
        allow("sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint-config/*"),
        allow(
            ["sagemaker:CreateEndpoint", "sagemaker:AddTags"],
            f"{SAGEMAKER}:endpoint/*",
            Condition={"StringEquals": {"aws:RequestTag/environment": "dev"}},
        ),
    )

    def create(environment: str) -> str:
        tags = [{"Key": "environment", "Value": environment}]
        return error_of(
            lambda: caller.sagemaker.create_endpoint(
                EndpointName="e", EndpointConfigName="nothing", Tags=tags
            )
        )[0]

    assert create("prod") == "AccessDeniedException"
    assert create("dev") == "ValidationException"  # allowed, but the config does not exist


def test_pass_role_is_for_the_named_service(guarded: Guarded) -> None:
    role = guarded.execution_role()

    def create(service: str) -> tuple[str, str, int]:
        caller = guarded.caller(
            allow("sagemaker:CreateModel"),
            allow(
                "iam:PassRole",
                role,
                Condition={"StringEquals": {"iam:PassedToService": service}},
            ),
        )
        return error_of(
            lambda: caller.sagemaker.create_model(
                ModelName="m",
                ExecutionRoleArn=role,
                PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/nothing"},
            )
        )

    code, message, _ = create("lambda.amazonaws.com")
    assert code == "AccessDeniedException"
    assert f"is not authorized to perform: iam:PassRole on resource: {role}" in message
    assert create("sagemaker.amazonaws.com")[1].startswith("Could not find model data")


def test_call_without_signature_is_refused(guarded: Guarded) -> None:
    response = httpx.post(
        guarded.local.url,
        headers={"x-amz-target": "SageMaker.ListModels"},
        content=b"{}",
        trust_env=False,
    )
    assert response.status_code == 403
    assert response.headers["x-amzn-errortype"] == "MissingAuthenticationToken"


def test_unknown_access_key_is_refused(guarded: Guarded) -> None:
    key = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "s", "SessionToken": "t"}
    stranger = client("sagemaker", guarded.local.url, key)
    assert error_of(stranger.list_models)[2] == 403


OF_CALLER = [
    call
    for call in SERVICE_CALLS
    if call.actor == "caller" and not call.triggers[0].startswith("scheduler:")
]
"""The calls that the local SageMaker checks. MiniStack checks EventBridge Scheduler's."""


def with_all_but(live: Guarded, left_out: ServiceCall | None) -> Caller:
    triggers = sorted({trigger for call in SERVICE_CALLS for trigger in call.triggers})
    # If the permission is also a trigger, other statements would still allow it.
    granted = [
        allow(call.action, f"{SAGEMAKER}:*" if call.action.startswith("sagemaker:") else "*")
        for call in OF_CALLER
        if left_out is None or call.action != left_out.action
    ]
    return live.caller(
        allow([t for t in triggers if not left_out or t != left_out.action]), *granted
    )


def call_of(live: Guarded, caller: Caller, trigger: str) -> Callable[[], Any]:
    """Return an API call for which all calls on the caller's behalf apply."""
    tags = [{"Key": "team", "Value": "vision"}]
    name = live.name()
    variants = [
        {
            "VariantName": "primary",
            "ModelName": "nothing",
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        }
    ]
    match trigger:
        case "sagemaker:CreateModel":
            return lambda: caller.sagemaker.create_model(
                ModelName=name,
                ExecutionRoleArn=live.execution_role(),
                PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/nothing"},
                Tags=tags,
            )
        case "sagemaker:CreateEndpointConfig":
            return lambda: caller.sagemaker.create_endpoint_config(
                EndpointConfigName=name, ProductionVariants=variants, Tags=tags
            )
        case "sagemaker:CreateEndpoint":  # the name already exists, so nothing starts
            return lambda: caller.sagemaker.create_endpoint(
                EndpointName=LIVE, EndpointConfigName="encrypted", Tags=tags
            )
        case "sagemaker:UpdateEndpoint":  # the endpoint does not exist
            return lambda: caller.sagemaker.update_endpoint(
                EndpointName=name, EndpointConfigName="encrypted"
            )
        case "sagemaker:CreateTransformJob":  # the model does not exist
            return lambda: caller.sagemaker.create_transform_job(**transform_job(Tags=tags))
        case "sagemaker:DeleteEndpoint":
            live.local.scaling.register_scalable_target(**VARIANT, MinCapacity=1, MaxCapacity=2)
            return lambda: caller.sagemaker.delete_endpoint(EndpointName=LIVE)
        case "application-autoscaling:RegisterScalableTarget":
            return lambda: caller.scaling.register_scalable_target(
                **VARIANT, MinCapacity=1, MaxCapacity=2
            )
    live.local.scaling.register_scalable_target(**VARIANT, MinCapacity=1, MaxCapacity=2)
    return lambda: caller.scaling.put_scaling_policy(**VARIANT, **STEP, PolicyName=name)


@pytest.mark.parametrize(
    ("call", "trigger"),
    [
        pytest.param(call, trigger, id=f"{trigger}-{call.action}".replace(":", "."))
        for call in OF_CALLER
        for trigger in call.triggers
    ],
)
def test_call_fails_without_a_permission_that_aws_uses_for_the_caller(
    live: Guarded, call: ServiceCall, trigger: str
) -> None:
    caller = with_all_but(live, call)
    code, message, status = error_of(call_of(live, caller, trigger))
    assert status == 400
    assert call.action in message
    scaling = trigger.startswith("application-autoscaling:")
    assert code == ("ValidationException" if scaling else "AccessDeniedException")
    if scaling:  # aws/aws-auto-scaling-custom-resource#25
        assert message == f"User is missing the following permissions: {call.action}"


def test_scaling_works_with_the_permissions_of_the_table(live: Guarded) -> None:
    caller = with_all_but(live, None)
    for trigger in ("RegisterScalableTarget", "PutScalingPolicy"):
        assert call_of(live, caller, f"application-autoscaling:{trigger}")()


def test_scaling_needs_permissions_that_name_no_endpoint(live: Guarded) -> None:
    """A policy only for the endpoint fails on AWS (aws-controllers-k8s/community#2110)."""
    caller = live.caller(
        allow(["application-autoscaling:*", "iam:CreateServiceLinkedRole"]),
        allow("sagemaker:*", f"{SAGEMAKER}:endpoint/{LIVE}"),
        allow("cloudwatch:*", f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:TargetTracking-*"),
    )
    register = call_of(live, caller, "application-autoscaling:RegisterScalableTarget")
    assert error_of(register)[:2] == (
        "ValidationException",
        "User is missing the following permissions: cloudwatch:PutMetricAlarm, "
        "cloudwatch:DescribeAlarms, cloudwatch:DeleteAlarms, sagemaker:DescribeEndpointConfig",
    )
