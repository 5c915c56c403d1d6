"""IAM denies each permission that AWS uses for a role of the template, once it is removed.

MiniStack's IAM evaluates the policies of the template, as it does for the local SageMaker. The
tests in authorization/ cover the errors of the local SageMaker.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from modeldrop.local.ministack import process as ministack
from modeldrop.local.ministack.policy_checks import Permission, SessionRequest
from modeldrop.local.ministack.policy_client import PolicyClient
from modeldrop.local.sagemaker.authorizer import IamAuthorizer
from modeldrop.local.sagemaker.execution_role import SERVICE
from modeldrop.stack.service_calls import SERVICE_CALLS, ServiceCall
from tests.consistency.test_service_authorization import STATEMENTS
from tests.consistency.test_service_calls import EXECUTION_ROLE, HERE, callers
from tests.embedded_cloud.conftest import OWNER, ministack_session

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
    ],
}
USES = [
    (call, role)
    for call in SERVICE_CALLS
    for role in sorted(
        {EXECUTION_ROLE}
        if call.actor == "execution role"
        else {who for trigger in call.triggers for who in callers(trigger)}
    )
]


ACTIONS = {call.action for call in SERVICE_CALLS}


def policy(role: str, without: str = "") -> str:
    """Return the policy document of a template's role, with the actions in the table."""
    # IAM rejects a policy without statements.
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}
    ]
    for permission, (_name, statement, _condition) in STATEMENTS:
        actions = [each for each in permission.actions if each in ACTIONS - {without}]
        if permission.who == role and actions:
            condition = {"Condition": statement["Condition"]} if "Condition" in statement else {}
            statements.append(
                {
                    "Effect": "Allow",
                    "Action": actions,
                    "Resource": list(permission.resources),
                    **condition,
                }
            )
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


class TemplateRoles:
    """Roles with the template's policies, in MiniStack's IAM."""

    def __init__(self, iam: Any, url: str) -> None:
        self._iam = iam
        self._client = PolicyClient(url, OWNER)
        self._count = 0

    def denied(self, document: str, permissions: Sequence[Permission]) -> list[str]:
        """Return AWS's messages for the permissions that a role with this policy lacks."""
        self._count += 1
        name = f"role-{self._count}"
        role = self._iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        self._iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
        session = self._client.assume(
            SessionRequest(role_arn=role["Role"]["Arn"], service=SERVICE, session_name="test")
        )
        authorizer = IamAuthorizer(self._client)
        return [each.message for each in authorizer.denials(session.access_key, permissions)]


@pytest.fixture(scope="module")
def roles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemplateRoles]:
    settings = ministack.Settings()
    with ministack_session(tmp_path_factory.mktemp("ministack"), settings) as session:
        iam = session.client("iam")
        yield TemplateRoles(iam, iam.meta.endpoint_url)


@pytest.mark.parametrize(
    ("call", "role"),
    [pytest.param(*use, id=f"{use[1]}-{use[0].action}".replace(":", ".")) for use in USES],
)
def test_removed_permission_is_refused(roles: TemplateRoles, call: ServiceCall, role: str) -> None:
    resource, context = call.resource_arn(HERE), dict(call.context_keys(HERE))
    permission = Permission(action=call.action, resource=resource, context=context)
    assert roles.denied(policy(role), [permission]) == []
    [message] = roles.denied(policy(role, without=call.action), [permission])
    assert f"is not authorized to perform: {call.action} on resource: {resource}" in message
