"""The template grants the permissions for the calls that AWS services make."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest

from modeldrop.stack.service_calls import SERVICE_CALLS, ServiceCall
from tests.consistency.test_permissions import listed
from tests.consistency.test_service_authorization import NAMES, STATEMENTS

EXECUTION_ROLE = "SageMakerExecutionRole"
OF_KEY = "the endpoint config has a KMS key"
# The template only has the artifact bucket for a model's files.
HERE = {
    **NAMES,
    "bucket": "artifactbucket",
    "role_arn": "arn:aws:iam::123456789012:role/" + EXECUTION_ROLE.lower(),
}


def granted(who: str, call: ServiceCall) -> bool:
    """Return whether a role of the template has the permission for a service's call."""
    resource, context = call.resource_arn(HERE), call.context_keys(HERE)
    return any(
        permission.who == who
        and call.action in permission.actions
        and any(resource == "*" == each or _covers(each, resource) for each in permission.resources)
        and _met(statement.get("Condition", {}), context)
        and permission.condition == ("HasKmsKey" if call.when == OF_KEY else "")
        for permission, (_name, statement, _condition) in STATEMENTS
    )


def _covers(pattern: str, resource: str) -> bool:
    return resource != "*" and fnmatchcase(resource, pattern)


def _met(conditions: dict[str, dict[str, Any]], context: dict[str, str]) -> bool:
    return all(
        any(fnmatchcase(context.get(key, ""), each) for each in listed(value))
        for keys in conditions.values()
        for key, value in keys.items()
    )


def callers(trigger: str) -> set[str]:
    """Return the functions with the permission for a call."""
    return {permission.who for permission, _ in STATEMENTS if trigger in permission.actions}


@pytest.mark.parametrize(
    "call", SERVICE_CALLS, ids=lambda call: f"{call.actor}-{call.action}".replace(" ", "-")
)
def test_template_grants_what_a_service_uses(call: ServiceCall) -> None:
    if call.actor == "execution role":
        assert granted(EXECUTION_ROLE, call), call.source
        return
    asking = {who for trigger in call.triggers for who in callers(trigger)}
    assert asking, call.triggers
    assert {who for who in asking if granted(who, call)} == asking, call.source


@pytest.mark.parametrize("call", SERVICE_CALLS, ids=lambda call: call.action)
def test_call_names_its_source(call: ServiceCall) -> None:
    assert call.source.startswith("https://")
