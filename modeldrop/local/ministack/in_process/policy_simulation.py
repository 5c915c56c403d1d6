"""SimulatePrincipalPolicy, with condition keys, all resources and permissions boundaries.

MiniStack's version ignores ContextEntries, boundaries, and all resources but the first. This one
uses MiniStack's evaluator, which also decides about real calls. A patch (`patches.py`) inserts the
call.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any
from xml.sax.saxutils import escape

from modeldrop.local.ministack.in_process.emulator_modules import emulator_module

_DECISIONS = {"Allow": "allowed", "Deny": "explicitDeny"}
Parameters = Mapping[str, Any]


def simulate(parameters: Parameters) -> tuple[int, dict[str, str], bytes]:
    """Handle a request (IAM API reference). The principal must be a role."""
    iam, evaluator = emulator_module("services.iam"), emulator_module("core.iam_evaluator")
    arn = _value(parameters, "PolicySourceArn") or ""
    name = arn.rpartition("/")[2]
    account = os.environ["MINISTACK_ACCOUNT_ID"]
    response: tuple[int, dict[str, str], bytes]
    if ":role/" not in arn or iam._roles.get_scoped(account, None, name) is None:
        message = f"The role with name {name} cannot be found."
        response = iam._error(404, "NoSuchEntity", message)
        return response
    results = evaluation_results(
        parameters,
        arn,
        evaluator._gather_role_policies(name, account),
        evaluator._permissions_boundary(iam._roles, name, account),
    )
    response = iam._xml(
        200,
        "SimulatePrincipalPolicyResponse",
        f"<SimulatePrincipalPolicyResult>{results}<IsTruncated>false</IsTruncated>"
        "</SimulatePrincipalPolicyResult>",
    )
    return response


def evaluation_results(parameters: Parameters, arn: str, policies: Any, limits: Any) -> str:
    """Return the EvaluationResults element of the response.

    Args:
        parameters: the request's parameters.
        arn: the ARN of the principal.
        policies: the principal's policies, parsed for the evaluator.
        limits: the parsed permissions boundary; empty without a boundary.
    """
    evaluator = emulator_module("core.iam_evaluator")
    resources = list(_members(parameters, "ResourceArns.member")) or ["*"]
    context = dict(_context(parameters))
    members = ""
    for action in _members(parameters, "ActionNames.member"):
        decisions = {}
        within = True
        for resource in resources:
            request = evaluator.EvalContext(
                principal_arn=arn,
                principal_type="AssumedRole",
                principal_account=os.environ["MINISTACK_ACCOUNT_ID"],
                action=action,
                resource_arn=resource,
                region=os.environ["MINISTACK_REGION"],
                secure_transport=True,
                service_context={"aws:tagkeys": None, **context},
            )
            found = evaluator.evaluate(request, policies, *limits).decision
            decisions[resource] = _DECISIONS.get(found, "implicitDeny")
            within &= all(evaluator.evaluate(request, each).decision == "Allow" for each in limits)
        members += _member(action, decisions, within if limits else None)
    return f"<EvaluationResults>{members}</EvaluationResults>"


def _member(action: str, decisions: Mapping[str, str], within_boundary: bool | None) -> str:
    """Return one EvaluationResult. The decision of all resources is the most restrictive one."""
    order = ("explicitDeny", "implicitDeny", "allowed")
    overall = next(each for each in order if each in decisions.values())
    boundary = ""
    if within_boundary is not None:
        allowed = str(within_boundary).lower()
        boundary = (
            "<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>"
            f"{allowed}</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>"
        )
    specific = "".join(
        f"<member><EvalResourceName>{escape(resource)}</EvalResourceName>"
        f"<EvalResourceDecision>{decision}</EvalResourceDecision></member>"
        for resource, decision in decisions.items()
        if resource != "*"
    )
    return (
        f"<member><EvalActionName>{escape(action)}</EvalActionName>"
        f"<EvalResourceName>*</EvalResourceName><EvalDecision>{overall}</EvalDecision>"
        f"{boundary}<ResourceSpecificResults>{specific}</ResourceSpecificResults></member>"
    )


def _context(parameters: Parameters) -> Iterator[tuple[str, Any]]:
    """Yield the condition keys in lower case, each with its value or a list of values."""
    for index in count(1):
        entry = f"ContextEntries.member.{index}"
        name = _value(parameters, f"{entry}.ContextKeyName")
        if name is None:
            return
        values = list(_members(parameters, f"{entry}.ContextKeyValues.member"))
        several = (_value(parameters, f"{entry}.ContextKeyType") or "").endswith("List")
        yield name.lower(), values if several else values[0]


def _members(parameters: Parameters, prefix: str) -> Iterator[str]:
    for index in count(1):
        value = _value(parameters, f"{prefix}.{index}")
        if value is None:
            return
        yield value


def _value(parameters: Parameters, name: str) -> str | None:
    found = parameters.get(name)
    value: str | None = found[0] if isinstance(found, list) else found
    return value
