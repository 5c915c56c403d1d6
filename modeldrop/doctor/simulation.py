"""Simulates the permissions of the stack's roles with the IAM policy simulator.

SimulatePrincipalPolicy evaluates identity policies, permissions boundaries and service control
policies, without making the calls (IAM API reference, SimulatePrincipalPolicy).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modeldrop.doctor.finding import Finding, failed, ok

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from modeldrop.doctor.required_permissions import Context, Requirement

CHECK = "permissions"
ACTIONS = "iam:SimulatePrincipalPolicy"
_ALLOWED = "allowed"


@dataclass(frozen=True)
class Denial:
    """A permission that a role lacks, with the reason and the fix."""

    requirement: Requirement
    reason: str
    fix: str


def simulate(
    iam: Any, role_arn: str, needed: Sequence[Requirement]
) -> Iterator[tuple[Requirement, Denial | None]]:
    """Simulate the requests of a role, with one call for all actions on a resource.

    Args:
        iam: a client of IAM.
        role_arn: the ARN of the role.
        needed: the requirements of the role.

    Raises:
        ClientError: the role does not exist (NoSuchEntity), or the caller may not simulate it.
    """
    groups: dict[tuple[str, Context], list[Requirement]] = defaultdict(list)
    for each in needed:
        groups[each.resource, each.context].append(each)
    paginator = iam.get_paginator("simulate_principal_policy")
    for (resource, context), group in groups.items():
        pages = paginator.paginate(
            PolicySourceArn=role_arn,
            ActionNames=sorted({each.action for each in group}),
            ResourceArns=[resource],
            ContextEntries=[
                {"ContextKeyName": key, "ContextKeyType": kind, "ContextKeyValues": [*values]}
                for key, kind, values in context
            ],
        )
        results = [result for page in pages for result in page["EvaluationResults"]]
        for each in group:
            yield each, denial_in(each, results)


def denial_in(needed: Requirement, results: Iterable[Mapping[str, Any]]) -> Denial | None:
    """Return the denial of a request in EvaluationResults, or None if it is allowed.

    ResourceSpecificResults has the decision about a resource, and the result itself has the
    decision about "*" (IAM API reference, EvaluationResult).
    """
    for result in results:
        if result["EvalActionName"].lower() != needed.action.lower():
            continue
        specific = [
            each
            for each in result.get("ResourceSpecificResults", [])
            if each["EvalResourceName"] == needed.resource
        ]
        decision = specific[0]["EvalResourceDecision"] if specific else result["EvalDecision"]
        if decision == _ALLOWED:
            return None
        return Denial(needed, *_reason(needed, decision, result, *specific))
    return Denial(needed, "the simulator did not return a decision", "Repeat the command.")


def _reason(needed: Requirement, decision: str, *results: Mapping[str, Any]) -> tuple[str, str]:
    details: dict[str, Any] = {}
    for each in results:
        details |= each
    if decision == "explicitDeny":
        return "a policy denies it explicitly", "Remove the statement that denies it."
    if not details.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True):
        return (
            "a service control policy does not allow it",
            "Ask the administrator of your AWS organization to allow it.",
        )
    boundary = details.get("PermissionsBoundaryDecisionDetail", {})
    if not boundary.get("AllowedByPermissionsBoundary", True):
        return "the permissions boundary does not allow it", "Allow it in PermissionsBoundaryArn."
    return (
        "no policy allows it",
        f"Add {needed.action} to the role's policy, as docs/permissions.md lists it, or delete the "
        "stack and deploy it again.",
    )


def check_permissions(decisions: Iterable[tuple[Requirement, Denial | None]]) -> Iterator[Finding]:
    """Report each action that a role lacks once, or one finding if it lacks none."""
    roles, count, denied = set[str](), 0, dict[tuple[str, str], Denial]()
    for needed, denial in decisions:
        roles.add(needed.who)
        count += 1
        known = denied.get((needed.who, needed.action))
        if denial is not None and (known is None or not known.requirement.effect):
            denied[needed.who, needed.action] = denial
    for (who, action), denial in denied.items():
        effect = denial.requirement.effect
        yield failed(
            CHECK,
            f"{who} may not use {action} on {denial.requirement.resource}: {denial.reason}."
            + (f" Effect: {effect}." if effect else ""),
            denial.fix,
        )
    if not denied:
        yield ok(CHECK, f"{len(roles)} roles have all {count} permissions")
