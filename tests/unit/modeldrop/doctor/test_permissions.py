"""The doctor reports every permission that is removed from the table or the template."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from modeldrop.doctor.deployed_names import role_of
from modeldrop.doctor.finding import Finding, Status
from modeldrop.doctor.required_permissions import EXECUTION_ROLE, Requirement
from modeldrop.doctor.simulation import check_permissions, denial_in, simulate
from modeldrop.stack.service_calls import SERVICE_CALLS, ServiceCall
from modeldrop.stack.template import read_template
from tests.unit.modeldrop.doctor.policy_simulator import (
    ACCOUNT,
    Simulator,
    documents,
    names,
    required,
    simulator,
    stack,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

STACK = stack()
POLICIES = documents(STACK)
REQUIRED = required(STACK)


def roles() -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = defaultdict(list)
    template = read_template()
    for each in REQUIRED:
        found[role_of(each.who, template)].append(each)
    return found


ROLES = roles()


@pytest.fixture(scope="module")
def _shared() -> Iterator[Simulator]:
    with simulator() as shared:
        yield shared


@pytest.fixture
def iam(_shared: Simulator) -> Simulator:
    """A simulator of the template's policies."""
    _shared.policies, _shared.boundary = POLICIES, None
    return _shared


def examine(simulated: Simulator, *names: str) -> list[Finding]:
    iam = simulated.iam
    return list(
        check_permissions(
            decision
            for name in names
            for decision in simulate(iam, f"arn:aws:iam::{ACCOUNT}:role/{name}", ROLES[name])
        )
    )


def with_trigger(call: ServiceCall) -> set[str]:
    """Return the roles for which a service makes a call."""
    if call.actor == "execution role":
        return {EXECUTION_ROLE}
    return {
        role
        for role, statements in POLICIES.items()
        if any(set(call.triggers) & set(each["Action"]) for each in statements)
    }


def test_roles_of_the_template_have_all_permissions(iam: Simulator) -> None:
    [found] = examine(iam, *ROLES)
    assert found.status is Status.OK
    assert found.text == f"{len(ROLES)} roles have all {len(REQUIRED)} permissions"


@pytest.mark.parametrize(
    "call", SERVICE_CALLS, ids=lambda call: f"{call.actor}-{call.action}".replace(" ", "-")
)
def test_removed_permission_of_the_table_is_named(call: ServiceCall, iam: Simulator) -> None:
    asking = with_trigger(call)
    assert asking, call.triggers
    for role in asking:
        iam.policies = without(POLICIES, role, call.action)
        [found] = examine(iam, role)
        assert found.status is Status.FAILED
        assert f"may not use {call.action} on " in found.text
        # A role that needs an action for two calls lacks both. The finding has the first call.
        effects = {each.effect for each in SERVICE_CALLS if each.action == call.action}
        assert any(f"no policy allows it. Effect: {each}." in found.text for each in effects)
        assert call.action in found.fix


@pytest.mark.parametrize("role", sorted(ROLES))
def test_removed_permission_of_a_role_is_named(role: str, iam: Simulator) -> None:
    for action in {each.action for each in ROLES[role]}:
        iam.policies = without(POLICIES, role, action)
        needed = [each for each in ROLES[role] if each.action == action]
        [found] = check_permissions(
            simulate(iam.iam, f"arn:aws:iam::{ACCOUNT}:role/{role}", needed)
        )
        assert f"may not use {action} on " in found.text


def test_permission_without_its_condition_key_is_named(iam: Simulator) -> None:
    """The role may pass the execution role, but to another service."""
    role = "CreateModelFunctionRole"
    changed = [
        {**each, "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}
        if "iam:PassRole" in each["Action"]
        else each
        for each in POLICIES[role]
    ]
    iam.policies = POLICIES | {role: changed}
    [found] = examine(iam, role)
    assert "CreateModelFunction may not use iam:PassRole on " in found.text


def test_allowed_instance_types_are_condition_keys_of_the_request() -> None:
    """Null in the condition requires the key sagemaker:InstanceTypes."""
    with_instances, serverless, shadow = (
        each.context
        for each in required(stack(AllowedInstanceTypes="ml.m5.large,ml.c5.large"))
        if each.action == "sagemaker:CreateEndpointConfig"
    )
    assert shadow == with_instances
    assert with_instances == (
        ("sagemaker:InstanceTypes", "stringList", ("ml.m5.large", "ml.c5.large")),
    )
    assert [key for key, _kind, _values in serverless] == ["sagemaker:ServerlessMemorySize"]


def test_spaces_in_a_list_parameter_are_no_part_of_its_members() -> None:
    """CloudFormation trims each member of a CommaDelimitedList."""
    known = names(stack(AllowedInstanceTypes="ml.c5.large, ml.g5.xlarge"))
    assert known["AllowedInstanceTypes"] == ["ml.c5.large", "ml.g5.xlarge"]


def test_explicit_denial_is_named(iam: Simulator) -> None:
    role = "PublishResultFunctionRole"
    denial = {"Effect": "Deny", "Action": ["sns:Publish"], "Resource": ["*"], "Condition": {}}
    iam.policies = POLICIES | {role: [*POLICIES[role], denial]}
    [found] = examine(iam, role)
    assert "a policy denies it explicitly" in found.text
    assert found.fix == "Remove the statement that denies it."


def test_permissions_boundary_that_denies_is_named(iam: Simulator) -> None:
    iam.boundary = [{"Effect": "Allow", "NotAction": "s3:PutObject", "Resource": "*"}]
    [found] = examine(iam, "RecordDeploymentFunctionRole")
    assert "s3:PutObject" in found.text
    assert "the permissions boundary does not allow it" in found.text
    assert found.fix == "Allow it in PermissionsBoundaryArn."


def test_service_control_policy_that_denies_is_named() -> None:
    """Neither moto nor MiniStack has service control policies.

    The field is from the IAM API reference.
    """
    needed = ROLES["PublishResultFunctionRole"][0]
    denial = denial_in(
        needed,
        [
            {
                "EvalActionName": needed.action,
                "EvalDecision": "implicitDeny",
                "OrganizationsDecisionDetail": {"AllowedByOrganizations": False},
            }
        ],
    )
    assert denial is not None
    assert denial.reason == "a service control policy does not allow it"


def test_stack_without_some_resources_has_the_other_requirements() -> None:
    """A failed deployment leaves resources without a physical ID."""
    whole = stack()
    kept = {name: id_ for name, id_ in whole.physical_ids.items() if "Bucket" not in name}
    for role in (EXECUTION_ROLE, "ScheduleRole"):
        kept.pop(role)
    found = {each.action for each in required(replace(whole, physical_ids=kept))}
    assert {"sagemaker:CreateModel", "sns:Publish"} <= found
    assert "iam:PassRole" not in found


def test_conditional_permissions_are_required_with_their_parameter_only() -> None:
    plain = {each.action for each in required(stack(KmsKeyArn="", SubnetIds=""))}
    assert not any(each.startswith(("kms:", "ec2:")) for each in plain)
    full = {each.action for each in REQUIRED}
    assert {"kms:CreateGrant", "ec2:CreateNetworkInterface"} <= full


def test_decision_is_the_one_about_the_resource() -> None:
    """One call may have several resources (IAM API reference, EvaluationResult)."""
    decisions = {"arn:aws:s3:::a": "allowed", "arn:aws:s3:::b": "implicitDeny"}
    result = {
        "EvalActionName": "s3:ListBucket",
        "EvalDecision": "implicitDeny",
        "ResourceSpecificResults": [
            {"EvalResourceName": name, "EvalResourceDecision": decision}
            for name, decision in decisions.items()
        ],
    }
    needed = [Requirement("Role", "s3:ListBucket", name) for name in decisions]
    assert [denial_in(each, [result]) is None for each in needed] == [True, False]
