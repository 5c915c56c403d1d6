"""Application Auto Scaling with an unmodified boto3 client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from modeldrop.local.access.owner_auth import OwnerAuth
from modeldrop.local.sagemaker.faults import ApiFault
from tests.embedded_cloud.conftest import OWNER
from tests.local_sagemaker.archives import linear_archive
from tests.local_sagemaker.conftest import LocalSageMaker

ENDPOINT = "scaled"
VARIANT = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{ENDPOINT}/variant/primary",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
TRACKING = {
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
        "ScaleInCooldown": 300,
    },
}


@pytest.fixture(scope="module")
def scaled(local: LocalSageMaker) -> Iterator[LocalSageMaker]:
    """An endpoint in service on ml.g4dn.xlarge, and the config scaled-cpu for ml.c5.large."""
    local.put_model(ENDPOINT, linear_archive(1.0))
    local.create_config(ENDPOINT, ENDPOINT)
    variant: Any = {
        "VariantName": "primary",
        "ModelName": ENDPOINT,
        "InstanceType": "ml.c5.large",
        "InitialInstanceCount": 1,
    }
    local.sagemaker.create_endpoint_config(
        EndpointConfigName=f"{ENDPOINT}-cpu", ProductionVariants=[variant]
    )
    local.create_endpoint(ENDPOINT, ENDPOINT)
    assert local.settled(ENDPOINT)["EndpointStatus"] == "InService"
    yield local
    if ENDPOINT in local.endpoints():
        local.delete(ENDPOINT)


def error_of(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def targets(local: LocalSageMaker) -> Any:
    return local.scaling.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[VARIANT["ResourceId"]]
    )["ScalableTargets"]


def test_target_and_policy_are_registered_and_removed(scaled: LocalSageMaker) -> None:
    scaling = scaled.scaling
    arn = scaling.register_scalable_target(**VARIANT, MinCapacity=1, MaxCapacity=3)[
        "ScalableTargetARN"
    ]
    again = scaling.register_scalable_target(**VARIANT, MaxCapacity=5)
    assert again["ScalableTargetARN"] == arn
    (target,) = targets(scaled)
    assert {key: target[key] for key in VARIANT} == VARIANT
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 5)

    put = scaling.put_scaling_policy(PolicyName="track", **VARIANT, **TRACKING)
    assert put["PolicyARN"].endswith(f"{VARIANT['ResourceId']}:policyName/track")
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert policy["PolicyARN"] == put["PolicyARN"]
    assert {key: policy[key] for key in TRACKING} == TRACKING
    by_name = scaling.describe_scaling_policies(ServiceNamespace="sagemaker", PolicyNames=["no"])
    assert by_name["ScalingPolicies"] == []

    scaling.delete_scaling_policy(PolicyName="track", **VARIANT)
    gone = lambda: scaling.delete_scaling_policy(PolicyName="track", **VARIANT)  # noqa: E731
    assert error_of(gone)[0] == "ObjectNotFoundException"
    scaling.put_scaling_policy(PolicyName="track", **VARIANT, **TRACKING)
    scaling.deregister_scalable_target(**VARIANT)
    assert targets(scaled) == []
    left = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")
    assert left["ScalingPolicies"] == []  # "Deregistering … deletes the scaling policies"


def test_refusals(scaled: LocalSageMaker) -> None:
    scaling = scaled.scaling
    absent = error_of(lambda: scaling.deregister_scalable_target(**VARIANT))
    assert absent == (
        "ObjectNotFoundException",
        "No scalable target found for service namespace: sagemaker, resource ID: "
        "endpoint/scaled/variant/primary, scalable dimension: "
        "sagemaker:variant:DesiredInstanceCount",
    )
    put = lambda: scaling.put_scaling_policy(PolicyName="p", **VARIANT, **TRACKING)  # noqa: E731
    assert error_of(put)[0] == "ObjectNotFoundException"

    def register(**changed: Any) -> tuple[str, str]:
        request = {**VARIANT, "MinCapacity": 1, "MaxCapacity": 2, **changed}
        return error_of(lambda: scaling.register_scalable_target(**request))

    nowhere = register(ResourceId="endpoint/none/variant/primary")
    assert nowhere[0] == "ValidationException"
    assert "no SageMaker endpoint variant in service: endpoint/none" in nowhere[1]
    assert "is not endpoint/<endpoint>/variant/" in register(ResourceId="scaled")[1]
    assert "MaxCapacity cannot be less" in register(MinCapacity=3)[1]
    assert "'serviceNamespace' failed to satisfy" in register(ServiceNamespace="sage")[1]
    assert "auto scaling of the namespace ecs" in register(ServiceNamespace="ecs")[1]
    missing = error_of(lambda: scaling.register_scalable_target(**VARIANT, MinCapacity=1))
    assert "MaxCapacity is required" in missing[1]
    assert targets(scaled) == []
    wrong = httpx.post(
        scaled.url,
        json={"ServiceNamespace": "sagemaker", "Color": "red"},
        headers={"X-Amz-Target": "AnyScaleFrontendService.DescribeScalableTargets"},
        auth=OwnerAuth(OWNER),
    )
    assert "Color" in wrong.json()["message"]


def test_a_fault_hits_a_scaling_call(scaled: LocalSageMaker) -> None:
    scaled.faults.add(ApiFault(operation="RegisterScalableTarget", name_contains=ENDPOINT))
    register = lambda: scaled.scaling.register_scalable_target(  # noqa: E731
        **VARIANT, MinCapacity=1, MaxCapacity=2
    )
    assert error_of(register) == ("ThrottlingException", "Rate exceeded")


def test_an_update_of_the_instance_type_waits_for_deregistration(scaled: LocalSageMaker) -> None:
    scaled.scaling.register_scalable_target(**VARIANT, MinCapacity=1, MaxCapacity=2)

    def update() -> None:
        scaled.sagemaker.update_endpoint(
            EndpointName=ENDPOINT, EndpointConfigName=f"{ENDPOINT}-cpu"
        )

    code, message = error_of(update)
    assert code == "ValidationException"
    assert message.startswith("Variant primary of endpoint scaled is registered as a scalable")
    assert scaled.describe(ENDPOINT)["EndpointStatus"] == "InService"
    scaled.scaling.deregister_scalable_target(**VARIANT)
    update()
    assert scaled.settled(ENDPOINT)["EndpointConfigName"] == f"{ENDPOINT}-cpu"


def test_deleting_the_endpoint_deregisters_it(scaled: LocalSageMaker) -> None:
    scaled.scaling.register_scalable_target(**VARIANT, MinCapacity=1, MaxCapacity=2)
    scaled.delete(ENDPOINT)
    assert targets(scaled) == []
