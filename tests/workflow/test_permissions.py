"""If a permission is missing, a drop fails as on AWS, in the state that needs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from model_packager.sagemaker.requests import VARIANT
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.models import save_scale

if TYPE_CHECKING:
    from pathlib import Path

AUTOSCALED = "autoscaling: {max_instances: 2, invocations_per_instance: 100}\n"


@contextmanager
def without(cloud: Cloud, role: str, action: str) -> Iterator[None]:
    """Remove an action from all statements of a role of the stack."""
    found = cloud.client("cloudformation").describe_stack_resource(
        StackName="modeldrop", LogicalResourceId=role
    )
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    iam = cloud.client("iam")
    before = {
        policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    }
    taken = 0
    for policy, document in before.items():
        kept = []
        for statement in document["Statement"]:
            actions = statement["Action"]
            listed = [actions] if isinstance(actions, str) else actions
            left = [each for each in listed if each != action]
            taken += len(left) < len(listed)
            if left:
                kept.append({**statement, "Action": left})
        iam.put_role_policy(
            RoleName=name,
            PolicyName=policy,
            PolicyDocument=json.dumps({**document, "Statement": kept}),
        )
    assert taken, f"{role} has no {action}"
    try:
        yield
    finally:
        for policy, document in before.items():
            iam.put_role_policy(
                RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document)
            )


@pytest.mark.parametrize(
    ("role", "action", "state"),
    [
        ("CreateModelFunctionRole", "iam:PassRole", "Create Model"),
        ("SageMakerExecutionRole", "s3:GetObject", "Create Model"),
        ("CreateEndpointFunctionRole", "sagemaker:CreateEndpoint", "Create Endpoint"),
    ],
)
def test_drop_fails_without_a_permission(
    cloud: Cloud, name: str, tmp_path: Path, role: str, action: str, state: str
) -> None:
    model = save_scale(2, tmp_path / "model.onnx")
    spec = tmp_path / "deploy.yaml"
    spec.write_text(AUTOSCALED)
    with without(cloud, role, action):
        outcome = cloud.drop(name, model, spec)
    content = content_of(outcome)
    assert outcome.execution_status == "FAILED", summary(outcome)
    assert content["failed_state"] == state
    assert action in content["cause"]
    assert cloud.left_of(name) == []


def test_autoscaling_is_not_registered_without_a_permission(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    """The model still goes live, and the notification names the permission."""
    model = save_scale(2, tmp_path / "model.onnx")
    spec = tmp_path / "deploy.yaml"
    spec.write_text(AUTOSCALED)
    with without(cloud, "ScaleEndpointFunctionRole", "cloudwatch:DeleteAlarms"):
        outcome = cloud.drop(name, model, spec)
    content = content_of(outcome)
    assert outcome.execution_status == "SUCCEEDED", summary(outcome)
    [error] = content["recovered_errors"]
    assert error["state"] == "Scale Endpoint"
    assert "User is missing the following permissions: cloudwatch:DeleteAlarms" in error["cause"]
    registered = cloud.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="sagemaker",
        ResourceIds=[f"endpoint/{content['endpoint']}/variant/{VARIANT}"],
    )
    assert registered["ScalableTargets"] == []
