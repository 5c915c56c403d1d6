"""The calls that AWS services make with the permissions of a caller or an execution role.

Our code does not make these calls, but they fail without a permission. The local SageMaker
checks them, and a test compares the template's policies with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from model_packager.sagemaker.cloudwatch import INSTANCE_NAMESPACE, LOG_GROUP_PREFIX

Actor = Literal["caller", "execution role"]
When = Literal[
    "always",
    "the request has tags",
    "the endpoint config has a KMS key",
    "a variant is a scalable target",
    "the model's files are objects under a prefix",
    "the deployment has rollback alarms",
    "the endpoint is asynchronous",
]

_SCALING_GUIDE = "https://docs.aws.amazon.com/autoscaling/application/userguide/"
_DEVELOPER_GUIDE = "https://docs.aws.amazon.com/sagemaker/latest/dg/"
_SERVICE_AUTHORIZATION = (
    "https://docs.aws.amazon.com/service-authorization/latest/reference/"
    "list_amazonsagemaker.html (dependent actions)"
)
_PERMISSION_VALIDATION = f"{_SCALING_GUIDE}security_iam_permission_validation.html"
_SCALING_PREREQUISITES = f"{_DEVELOPER_GUIDE}endpoint-auto-scaling-prerequisites.html"
_EXECUTION_ROLE = (
    f"{_DEVELOPER_GUIDE}sagemaker-roles.html (CreateModel API: Execution Role Permissions)"
)

_SAGEMAKER = "arn:{partition}:sagemaker:{region}:{account}"
_ENDPOINT = f"{_SAGEMAKER}:endpoint/{{endpoint}}"
_REPOSITORY = "arn:{partition}:ecr:{region}:{registry}:repository/{repository}"
_LOG_GROUP = (
    f"arn:{{partition}}:logs:{{region}}:{{account}}:log-group:{LOG_GROUP_PREFIX}{{endpoint}}"
)
_LOG_STREAM = f"{_LOG_GROUP}:log-stream:{{log_stream}}"
_HOSTING = ("sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint")
_SCALING = (
    "application-autoscaling:RegisterScalableTarget",
    "application-autoscaling:PutScalingPolicy",
)


@dataclass(frozen=True)
class ServiceCall:
    """A call that an AWS service makes.

    Attributes:
        triggers: our calls that cause it, as IAM actions.
        actor: the principal whose permissions the call needs.
        action: the IAM action of the call.
        resource: an ARN with names in braces (`resource_arn`), or "*" for an action without
            resources.
        source: the AWS documentation, or a user's report.
        effect: the effect of a missing permission.
        when: the condition for the call.
        context: the condition keys of the call.
    """

    triggers: tuple[str, ...]
    actor: Actor
    action: str
    resource: str
    source: str
    effect: str = "the call is refused"
    when: When = "always"
    context: Mapping[str, str] = field(default_factory=dict)

    def resource_arn(self, names: Mapping[str, str]) -> str:
        """Return the resource, with these names in place of the braces."""
        return self.resource.format_map(names)

    def context_keys(self, names: Mapping[str, str]) -> dict[str, str]:
        """Return the condition keys, with these names in place of the braces."""
        return {key: value.format_map(names) for key, value in self.context.items()}


def _on_own_resource(action: str, resource: str) -> ServiceCall:
    return ServiceCall(
        triggers=(action,),
        actor="caller",
        action="sagemaker:AddTags",
        resource=f"{_SAGEMAKER}:{resource}",
        when="the request has tags",
        source=_SERVICE_AUTHORIZATION,
    )


def _on_scaling(action: str, resource: str, source: str) -> ServiceCall:
    return ServiceCall(
        triggers=_SCALING, actor="caller", action=action, resource=resource, source=source
    )


def _on_pull(action: str, resource: str = _REPOSITORY) -> ServiceCall:
    return ServiceCall(
        triggers=_HOSTING,
        actor="execution role",
        action=action,
        resource=resource,
        source=_EXECUTION_ROLE,
        effect="the endpoint fails",
    )


def _on_log(action: str, resource: str = _LOG_GROUP) -> ServiceCall:
    return ServiceCall(
        triggers=_HOSTING,
        actor="execution role",
        action=action,
        resource=resource,
        source=_EXECUTION_ROLE,
        effect="the container's log is lost",
    )


def _on_async(
    action: str, resource: str, effect: str = "the request fails, and has no output"
) -> ServiceCall:
    return ServiceCall(
        triggers=("sagemaker:InvokeEndpointAsync",),
        actor="execution role",
        action=action,
        resource=resource,
        when="the endpoint is asynchronous",
        source=f"{_DEVELOPER_GUIDE}async-inference-create-endpoint-prerequisites.html",
        effect=effect,
    )


def _on_transform(action: str, resource: str, effect: str, **context: str) -> ServiceCall:
    return ServiceCall(
        triggers=("sagemaker:CreateTransformJob",),
        actor="execution role",
        action=action,
        resource=resource,
        context=context,
        source=_EXECUTION_ROLE,
        effect=effect,
    )


SERVICE_CALLS = (
    ServiceCall(
        triggers=("sagemaker:CreateModel",),
        actor="caller",
        action="iam:PassRole",
        resource="{role_arn}",
        context={"iam:PassedToService": "sagemaker.amazonaws.com"},
        source=_SERVICE_AUTHORIZATION,
    ),
    ServiceCall(
        triggers=("scheduler:CreateSchedule", "scheduler:UpdateSchedule"),
        actor="caller",
        action="iam:PassRole",
        resource="{schedule_role_arn}",
        context={"iam:PassedToService": "scheduler.amazonaws.com"},
        source="https://docs.aws.amazon.com/scheduler/latest/UserGuide/"
        "security_iam_service-with-iam.html (PassRole)",
    ),
    _on_own_resource("sagemaker:CreateModel", "model/{model}"),
    _on_own_resource("sagemaker:CreateEndpointConfig", "endpoint-config/{endpoint_config}"),
    _on_own_resource("sagemaker:CreateEndpoint", "endpoint/{endpoint}"),
    ServiceCall(
        triggers=_HOSTING,
        actor="caller",
        action="kms:CreateGrant",
        resource="{key_arn}",
        when="the endpoint config has a KMS key",
        context={"kms:GrantIsForAWSResource": "true"},
        source=f"{_DEVELOPER_GUIDE}api-permissions-reference.html (CreateEndpoint)",
    ),
    ServiceCall(
        triggers=("sagemaker:DeleteEndpoint",),
        actor="caller",
        action="application-autoscaling:DeregisterScalableTarget",
        resource="{scalable_target_arn}",
        when="a variant is a scalable target",
        source="https://github.com/awslabs/stable-diffusion-aws-extension/issues/161; "
        f"{_DEVELOPER_GUIDE}endpoint-auto-scaling-delete.html",
    ),
    # Application Auto Scaling probes the caller's permissions with calls for resources that do not
    # exist.
    _on_scaling("cloudwatch:PutMetricAlarm", "*", _PERMISSION_VALIDATION),
    _on_scaling("cloudwatch:DescribeAlarms", "*", _PERMISSION_VALIDATION),
    _on_scaling("cloudwatch:DeleteAlarms", "*", _PERMISSION_VALIDATION),
    _on_scaling("sagemaker:DescribeEndpoint", _ENDPOINT, _SCALING_PREREQUISITES),
    _on_scaling(
        "sagemaker:DescribeEndpointConfig",
        f"{_SAGEMAKER}:endpoint-config/{{random_name}}",
        "https://github.com/aws-controllers-k8s/community/issues/2110",
    ),
    _on_scaling("sagemaker:UpdateEndpointWeightsAndCapacities", _ENDPOINT, _SCALING_PREREQUISITES),
    ServiceCall(
        triggers=("application-autoscaling:RegisterScalableTarget",),
        actor="caller",
        action="iam:CreateServiceLinkedRole",
        resource="arn:{partition}:iam::{account}:role/aws-service-role/"
        "sagemaker.application-autoscaling.amazonaws.com/"
        "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
        context={"iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"},
        source=_SCALING_PREREQUISITES,
        effect="the call is refused if the account has no such role yet",
    ),
    ServiceCall(
        triggers=("sagemaker:CreateModel", *_HOSTING),
        actor="execution role",
        action="s3:GetObject",
        resource="arn:{partition}:s3:::{bucket}/{object}",
        source=_EXECUTION_ROLE,
        effect="the model is refused, or its endpoint fails",
    ),
    ServiceCall(
        triggers=("sagemaker:CreateModel", *_HOSTING),
        actor="execution role",
        action="s3:ListBucket",
        resource="arn:{partition}:s3:::{bucket}",
        context={"s3:prefix": "{prefix}"},
        when="the model's files are objects under a prefix",
        # SageMaker's error message names it for "multiple models or uncompressed models".
        source="https://github.com/philschmid/llm-sagemaker-sample/issues/2",
        effect="the model is refused, or its endpoint fails",
    ),
    _on_pull("ecr:GetAuthorizationToken", "*"),
    _on_pull("ecr:BatchCheckLayerAvailability"),
    _on_pull("ecr:BatchGetImage"),
    _on_pull("ecr:GetDownloadUrlForLayer"),
    _on_log("logs:CreateLogGroup"),
    _on_log("logs:CreateLogStream", _LOG_STREAM),
    _on_log("logs:DescribeLogStreams"),
    _on_log("logs:PutLogEvents", _LOG_STREAM),
    ServiceCall(
        triggers=_HOSTING,
        actor="execution role",
        action="cloudwatch:PutMetricData",
        resource="*",
        context={"cloudwatch:namespace": INSTANCE_NAMESPACE},
        source=_EXECUTION_ROLE,
        effect="the metrics of instances stay empty",
    ),
    ServiceCall(
        triggers=_HOSTING,
        actor="execution role",
        action="cloudwatch:DescribeAlarms",
        resource="arn:{partition}:cloudwatch:{region}:{account}:alarm:{alarm}",
        when="the deployment has rollback alarms",
        source=f"{_DEVELOPER_GUIDE}deployment-guardrails-configuration.html",
        effect="the deployment is refused",
    ),
    _on_async("s3:GetObject", "arn:{partition}:s3:::{bucket}/{input}"),
    _on_async("s3:PutObject", "arn:{partition}:s3:::{bucket}/{output}"),
    _on_async("s3:PutObject", "arn:{partition}:s3:::{bucket}/{failure}"),
    _on_async("sns:Publish", "{topic_arn}", "nobody is notified"),
    _on_own_resource("sagemaker:CreateTransformJob", "transform-job/{transform_job}"),
    _on_transform(
        "s3:ListBucket",
        "arn:{partition}:s3:::{bucket}",
        "the transform job is refused",
        **{"s3:prefix": "{batch_input}"},
    ),
    _on_transform(
        "s3:GetObject", "arn:{partition}:s3:::{bucket}/{batch_input}", "the transform job fails"
    ),
    _on_transform(
        "s3:PutObject", "arn:{partition}:s3:::{bucket}/{batch_output}", "the transform job fails"
    ),
)
