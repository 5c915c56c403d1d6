"""The scalable target of an endpoint, in Application Auto Scaling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from model_packager.sagemaker.cloudwatch import NAMESPACE
from model_packager.sagemaker.endpoint_alarm import backlog_alarm_request
from model_packager.sagemaker.requests import ScalableTarget, scalable_target
from workflow.aws.alarm_removal import remove_backlog_alarm
from workflow.aws.aws_errors import code
from workflow.aws.clients import application_autoscaling, cloudwatch, sagemaker

if TYPE_CHECKING:
    from model_packager.spec.hosting_mode import HostingMode
    from model_packager.spec.operation_spec import Autoscaling

POLICY = "modeldrop-invocations"
BACKLOG_POLICY = "modeldrop-backlog"
FIRST_INSTANCE_POLICY = "modeldrop-first-instance"

_SCALE_IN_SECONDS = 300
_SCALE_OUT_SECONDS = 60


def register(endpoint: str, scaling: Autoscaling) -> None:
    """Scale the endpoint with its requests per instance. Idempotent."""
    target = scalable_target(endpoint)
    application_autoscaling().register_scalable_target(
        **target, MinCapacity=scaling.min_instances, MaxCapacity=scaling.max_instances
    )
    application_autoscaling().put_scaling_policy(
        **target,
        PolicyName=POLICY,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": scaling.invocations_per_instance,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
            "ScaleInCooldown": scaling.scale_in_cooldown_seconds,
            "ScaleOutCooldown": scaling.scale_out_cooldown_seconds,
        },
    )


def register_async(endpoint: str, hosting: HostingMode) -> None:
    """Scale an asynchronous endpoint with its queue. Idempotent.

    Source: SageMaker developer guide, "Autoscale an asynchronous endpoint".
    """
    target, scaling = scalable_target(endpoint), application_autoscaling()
    scaling.register_scalable_target(
        **target, MinCapacity=hosting.min_capacity, MaxCapacity=hosting.max_capacity
    )
    scaling.put_scaling_policy(
        **target,
        PolicyName=BACKLOG_POLICY,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": hosting.backlog_per_instance or 1,
            "CustomizedMetricSpecification": {
                "MetricName": "ApproximateBacklogSizePerInstance",
                "Namespace": NAMESPACE,
                "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
                "Statistic": "Average",
            },
            "ScaleInCooldown": _SCALE_IN_SECONDS,
            "ScaleOutCooldown": _SCALE_OUT_SECONDS,
        },
    )
    if hosting.min_capacity > 0:
        remove_backlog_alarm(endpoint)
        return
    policy = scaling.put_scaling_policy(
        **target,
        PolicyName=FIRST_INSTANCE_POLICY,
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "MetricAggregationType": "Average",
            "Cooldown": _SCALE_OUT_SECONDS,
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
        },
    )
    request: dict[str, Any] = backlog_alarm_request(endpoint, policy["PolicyARN"])
    cloudwatch().put_metric_alarm(**request)


def deregister(endpoint: str) -> None:
    """Stop scaling. AWS deletes the policies with the target, and the alarms of target tracking."""
    target = scalable_target(endpoint)
    if not _is_registered(target):
        return
    try:
        application_autoscaling().deregister_scalable_target(**target)
    except ClientError as error:  # another execution has deregistered the target
        if code(error) != "ObjectNotFoundException":
            raise


def deregister_for(endpoint: str, live: str, instance_type: str) -> None:
    """Deregister before a change of the instance type, which SageMaker refuses for scaled variants.

    Source: SageMaker developer guide, "Update endpoints that use auto scaling".
    """
    variant = sagemaker().describe_endpoint_config(EndpointConfigName=live)["ProductionVariants"][0]
    if variant.get("InstanceType") != instance_type:
        deregister(endpoint)


def is_scaled(endpoint: str) -> bool:
    """Return whether the endpoint is a scalable target."""
    return _is_registered(scalable_target(endpoint))


def _is_registered(target: ScalableTarget) -> bool:
    response = application_autoscaling().describe_scalable_targets(
        ServiceNamespace=target["ServiceNamespace"],
        ResourceIds=[target["ResourceId"]],
        ScalableDimension=target["ScalableDimension"],
    )
    return bool(response["ScalableTargets"])
