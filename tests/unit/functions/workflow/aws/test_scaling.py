from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from model_packager.spec.operation_spec import Autoscaling
from tests.unit.functions.request_count import counted
from tests.unit.functions.samples import CONFIG, ENDPOINT
from workflow.aws.clients import application_autoscaling
from workflow.aws.scaling import POLICY, deregister, deregister_for, register

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("aws")

SCALING = Autoscaling(
    min_instances=2,
    max_instances=5,
    invocations_per_instance=600,
    scale_in_cooldown_seconds=120,
    scale_out_cooldown_seconds=30,
)


def targets() -> list[Any]:
    found = application_autoscaling().describe_scalable_targets(ServiceNamespace="sagemaker")
    return list(found["ScalableTargets"])


def policies() -> list[Any]:
    found = application_autoscaling().describe_scaling_policies(ServiceNamespace="sagemaker")
    return list(found["ScalingPolicies"])


def test_endpoint_is_registered_by_its_variant_and_bounds() -> None:
    register(ENDPOINT, SCALING)
    (target,) = targets()
    assert target["ResourceId"] == f"endpoint/{ENDPOINT}/variant/primary"
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 5)


def test_policy_tracks_the_requests_of_an_instance() -> None:
    register(ENDPOINT, SCALING)
    (policy,) = policies()
    assert (policy["PolicyName"], policy["PolicyType"]) == (POLICY, "TargetTrackingScaling")
    assert policy["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 600,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
        "ScaleInCooldown": 120,
        "ScaleOutCooldown": 30,
    }


def test_registration_is_idempotent_and_the_last_one_counts() -> None:
    register(ENDPOINT, SCALING)
    register(ENDPOINT, SCALING.model_copy(update={"max_instances": 9}))
    assert [each["MaxCapacity"] for each in targets()] == [9]
    assert len(policies()) == 1


def test_only_this_endpoint_is_deregistered_and_repeating_is_no_error() -> None:
    register(ENDPOINT, SCALING)
    register(f"{ENDPOINT}-50", SCALING)
    deregister(ENDPOINT)
    with counted(application_autoscaling()) as requests:
        deregister(ENDPOINT)
    assert [each["ResourceId"] for each in targets()] == [f"endpoint/{ENDPOINT}-50/variant/primary"]
    assert requests == {"DescribeScalableTargets": 1}


@pytest.mark.parametrize(("instance_type", "left"), [("ml.m5.large", 1), ("ml.g5.xlarge", 0)])
def test_change_of_instance_type_deregisters(
    create_config: Callable[..., None], instance_type: str, left: int
) -> None:
    create_config(CONFIG, "ml.m5.large")
    register(ENDPOINT, SCALING)
    deregister_for(ENDPOINT, CONFIG, instance_type)
    assert len(targets()) == left
