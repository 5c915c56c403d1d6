"""The local SageMaker checks the policies of callers and execution roles, as AWS does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from model_packager.sagemaker.cloudwatch import INSTANCE_NAMESPACE
from modeldrop.local.ministack import process as ministack
from modeldrop.local.sagemaker.hosting.image_access import image_failure
from modeldrop.stack.service_calls import SERVICE_CALLS, ServiceCall
from modeldrop.stack.template import parameter_defaults, read_template, statements
from tests.embedded_cloud.conftest import ministack_session
from tests.local_sagemaker.archives import archive, linear_archive
from tests.local_sagemaker.conftest import (
    BUCKET,
    IMAGE,
    LocalSageMaker,
    client,
    start_local_sagemaker,
    until,
)

ACCOUNT = "000000000000"
SAGEMAKER = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/"
LIVE = "live"  # the endpoint in service
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALARM = "watches-live"
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

Statement = Mapping[str, Any]


def allow(action: str | Sequence[str], resource: str = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@dataclass
class Guarded:
    """A local SageMaker that enforces IAM, with the IAM that it asks."""

    local: LocalSageMaker
    iam: Any
    sts: Any
    count: int = 0

    def role(self, statements: Sequence[Statement], *, service: str, boundary: str = "") -> str:
        """Create a role with these permissions; returns its name."""
        self.count += 1
        name = f"role-{self.count}"
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
        limit = {"PermissionsBoundary": boundary} if boundary else {}
        self.iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            **limit,
        )
        self.grant(name, statements)
        return name

    def grant(self, role: str, statements: Sequence[Statement]) -> None:
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        self.iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=json.dumps(document))

    def execution_role(self, *without: str) -> str:
        """The ARN of a role that SageMaker may assume, with all but these actions."""
        actions = {call.action for call in SERVICE_CALLS if call.actor == "execution role"}
        name = self.role([allow(sorted(actions - set(without)))], service="sagemaker.amazonaws.com")
        return ROLE_ARN + name

    def caller(self, *statements: Statement, boundary: str = "") -> Caller:
        """Somebody who has assumed a role with these permissions."""
        self.count += 1
        name = f"caller-{self.count}"
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        }
        limit = {"PermissionsBoundary": boundary} if boundary else {}
        self.iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            **limit,
        )
        self.grant(name, statements)
        session = self.sts.assume_role(RoleArn=ROLE_ARN + name, RoleSessionName="session")
        return Caller(self.local.url, session["Credentials"], session["AssumedRoleUser"]["Arn"])

    def name(self) -> str:
        self.count += 1
        return f"model-{self.count}"

    def model(self, role_arn: str, url: str = f"s3://{BUCKET}/{LIVE}/model.tar.gz") -> str:
        name = self.name()
        self.local.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=role_arn,
            PrimaryContainer={"Image": IMAGE, "ModelDataUrl": url},
        )
        return name

    def failure(self, model: str) -> str:
        """The FailureReason of an endpoint that serves a model."""
        self.local.create_config(model, model)
        self.local.create_endpoint(model, model)
        shown = self.local.settled(model)
        assert shown["EndpointStatus"] == "Failed"
        return shown["FailureReason"]


@dataclass
class Caller:
    url: str
    credentials: Mapping[str, str]
    arn: str

    def __post_init__(self) -> None:
        self.sagemaker = client("sagemaker", self.url, self.credentials)
        self.runtime = client("sagemaker-runtime", self.url, self.credentials)
        self.scaling = client("application-autoscaling", self.url, self.credentials)

    def denied(self, action: str, resource: str) -> str:
        """AWS's sentence (aws-controllers-k8s/community#1889)."""
        return (
            f"User: {self.arn} is not authorized to perform: {action} on resource: {resource} "
            f"because no identity-based policy allows the {action} action"
        )


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    settings = ministack.Settings()
    with ministack_session(tmp_path_factory.mktemp("ministack"), settings) as session:
        url = session.client("s3").meta.endpoint_url
        local = start_local_sagemaker(tmp_path_factory.mktemp("sagemaker"), url, enforce_iam=True)
        yield Guarded(local, session.client("iam"), session.client("sts"))
        assert local.stop() == 0


@pytest.fixture(scope="module")
def live(guarded: Guarded) -> Guarded:
    """With an endpoint in service, a config with a KMS key, and an alarm."""
    local = guarded.local
    local.s3.put_object(Bucket=BUCKET, Key=f"{LIVE}/model.tar.gz", Body=linear_archive(1.0))
    model = guarded.model(guarded.execution_role())
    local.create_config(LIVE, model)
    local.create_endpoint(LIVE, LIVE)
    assert local.settled(LIVE)["EndpointStatus"] == "InService"
    local.sagemaker.create_endpoint_config(
        EndpointConfigName="encrypted",
        KmsKeyId=KEY,
        ProductionVariants=[
            {
                "VariantName": "primary",
                "ModelName": model,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ],
    )
    return guarded


def error_of(call: Callable[[], Any]) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    status = caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
    return error["Code"], error["Message"], status


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
    assert code == "ValidationError"  # allowed, but there is no such endpoint


def test_all_resources_of_a_call_need_the_permission(guarded: Guarded) -> None:
    """CreateEndpoint and UpdateEndpoint name two (service authorization reference)."""
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
    """Sentence: aws/amazon-sagemaker-feedback#88."""
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
    """The policy of AWS's developer guide, "Control Access by Using Condition Keys"."""
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
    assert create("ml.c5.large", "ml.g4dn.xlarge") == "ValidationException"  # no such model


def test_function_cannot_create_a_config_with_another_type(guarded: Guarded) -> None:
    """The statement of the template, with the default of its parameter."""
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
    # A serverless variant has no instance type, which ForAllValues alone would accept.
    serverless = create(ServerlessConfig={"MemorySizeInMB": 1024, "MaxConcurrency": 1})
    assert serverless == ("AccessDeniedException", denied)
    code, _message = create(InstanceType=allowed[0], InitialInstanceCount=1)
    assert code == "ValidationException"  # allowed, but there is no such model


def test_conditions_require_tags(guarded: Guarded) -> None:
    """The example of AWS's developer guide (identity-based policy examples)."""
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
    assert create("dev") == "ValidationException"  # no such config


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


OF_CALLER = [call for call in SERVICE_CALLS if call.actor == "caller"]
OF_ROLE = [call for call in SERVICE_CALLS if call.actor == "execution role"]


def with_all_but(live: Guarded, left_out: ServiceCall | None) -> Caller:
    triggers = sorted({trigger for call in SERVICE_CALLS for trigger in call.triggers})
    # Without a permission that is a trigger as well, its other statements would still allow it.
    granted = [
        allow(call.action, f"{SAGEMAKER}:*" if call.action.startswith("sagemaker:") else "*")
        for call in OF_CALLER
        if left_out is None or call.action != left_out.action
    ]
    return live.caller(
        allow([t for t in triggers if not left_out or t != left_out.action]), *granted
    )


def call_of(live: Guarded, caller: Caller, trigger: str) -> Callable[[], Any]:
    """A call of the API for which everything on the caller's behalf applies."""
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
        case "sagemaker:CreateEndpoint":  # the name is taken: nothing starts
            return lambda: caller.sagemaker.create_endpoint(
                EndpointName=LIVE, EndpointConfigName="encrypted", Tags=tags
            )
        case "sagemaker:UpdateEndpoint":  # there is no such endpoint
            return lambda: caller.sagemaker.update_endpoint(
                EndpointName=name, EndpointConfigName="encrypted"
            )
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
    """The policy that Modeldrop had: it fails on AWS (aws-controllers-k8s/community#2110)."""
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


@pytest.mark.parametrize("layout", ["archive", "prefix"])
def test_model_is_refused_if_its_role_cannot_read_it(guarded: Guarded, layout: str) -> None:
    """Sentence: philschmid/llm-sagemaker-sample#2."""
    guarded.local.s3.put_object(Bucket=BUCKET, Key="secret/model/config.pbtxt", Body=b"")
    guarded.local.s3.put_object(Bucket=BUCKET, Key="secret/model.tar.gz", Body=b"")
    url = f"s3://{BUCKET}/secret/" + ("model.tar.gz" if layout == "archive" else "model/")
    source = {"S3Uri": url, "S3DataType": "S3Prefix", "CompressionType": "None"}
    container: Any = {"Image": IMAGE, "ModelDataSource": {"S3DataSource": source}}
    if layout == "archive":
        container = {"Image": IMAGE, "ModelDataUrl": url}

    def create(role: str) -> Any:
        return guarded.local.sagemaker.create_model(
            ModelName=guarded.name(),
            ExecutionRoleArn=role,
            PrimaryContainer=container,
        )

    lacking = ["s3:GetObject"] if layout == "archive" else ["s3:GetObject", "s3:ListBucket"]
    for action in lacking:
        role = guarded.execution_role(action)
        code, message, _ = error_of(partial(create, role))
        assert code == "ValidationException"
        assert message.startswith(
            f'Could not access model data at {url}. Please ensure that the role "{role}" exists'
        )
    assert create(guarded.execution_role())


def test_model_is_refused_if_sagemaker_may_not_assume_its_role(guarded: Guarded) -> None:
    of_lambda = ROLE_ARN + guarded.role([allow("*")], service="lambda.amazonaws.com")
    for role in (of_lambda, f"{ROLE_ARN}nobody"):
        message = error_of(partial(guarded.model, role))[1]
        assert message.startswith("Could not access model data at")


def test_endpoint_fails_if_its_role_can_no_longer_read_the_model(live: Guarded) -> None:
    role = live.execution_role()
    model = live.model(role)
    live.grant(role.rpartition("/")[2], [allow(["ecr:*", "logs:*"])])
    assert live.failure(model) == (
        'Failed to download model data for container "container_1" from URL: '
        f'"s3://{BUCKET}/{LIVE}/model.tar.gz". Please ensure that there is an object located at '
        "the URL and that the role passed to CreateModel has permissions to download the object."
    )


@pytest.mark.parametrize(
    "action", sorted({call.action for call in OF_ROLE if call.action.startswith("ecr:")})
)
def test_endpoint_fails_if_its_role_cannot_pull_the_image(live: Guarded, action: str) -> None:
    assert live.failure(live.model(live.execution_role(action))) == image_failure("primary")


@pytest.mark.parametrize(
    "action", sorted({call.action for call in OF_ROLE if call.action.startswith("logs:")})
)
def test_container_has_no_log_if_its_role_cannot_write_it(live: Guarded, action: str) -> None:
    live.local.s3.put_object(Bucket=BUCKET, Key="empty/model.tar.gz", Body=archive({"a": b""}))
    url = f"s3://{BUCKET}/empty/model.tar.gz"
    writes, silent = (
        live.model(live.execution_role(), url),
        live.model(live.execution_role(action), url),
    )
    for each in (silent, writes):
        live.failure(each)
    until(lambda: live.local.log_lines(writes))
    assert live.local.log_lines(silent) == []


def test_instance_has_no_metrics_if_its_role_cannot_write_them(live: Guarded) -> None:
    silent = live.model(live.execution_role("cloudwatch:PutMetricData"))
    writes = live.model(live.execution_role())
    for each in (silent, writes):
        live.local.create_config(each, each)
        live.local.create_endpoint(each, each)
        assert live.local.settled(each)["EndpointStatus"] == "InService"
    names = until(lambda: instance_metrics(live, writes))
    assert names == {"CPUUtilization", "MemoryUtilization"}
    assert instance_metrics(live, silent) == set()
    for each in (silent, writes):
        live.local.delete(each)


def instance_metrics(live: Guarded, endpoint: str) -> set[str]:
    listed = live.local.cloudwatch.list_metrics(
        Namespace=INSTANCE_NAMESPACE, Dimensions=[{"Name": "EndpointName", "Value": endpoint}]
    )
    return {each["MetricName"] for each in listed["Metrics"]}


def test_every_permission_of_an_execution_role_has_a_test() -> None:
    """Those of Amazon ECR and of logs have one each by their prefix."""
    others = {each.action for each in OF_ROLE if not each.action.startswith(("ecr:", "logs:"))}
    assert others == {
        "s3:GetObject",
        "s3:ListBucket",
        "cloudwatch:PutMetricData",
        "cloudwatch:DescribeAlarms",
    }


def test_guarded_update_is_refused_if_the_role_cannot_describe_its_alarms(live: Guarded) -> None:
    live.local.cloudwatch.put_metric_alarm(
        AlarmName=ALARM,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    model = live.model(live.execution_role("cloudwatch:DescribeAlarms"))
    live.local.create_config(model, model)
    code, message, _ = error_of(
        lambda: live.local.sagemaker.update_endpoint(
            EndpointName=LIVE,
            EndpointConfigName=model,
            DeploymentConfig={"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": ALARM}]}},
        )
    )
    assert code == "ValidationException"
    assert "cloudwatch:DescribeAlarms" in message
