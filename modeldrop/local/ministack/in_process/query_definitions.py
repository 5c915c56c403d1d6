"""Saved queries of CloudWatch Logs Insights, which MiniStack does not implement.

MiniStack's patched modules call this module: CloudFormation creates and deletes query definitions,
and CloudWatch Logs describes them (DescribeQueryDefinitions API reference). They are stored in
memory.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

_definitions: dict[str, dict[str, Any]] = {}


def _create(_logical_id: str, props: Mapping[str, Any], _stack: str) -> tuple[str, dict[str, str]]:
    identifier = str(uuid.uuid4())
    _put(identifier, props)
    return identifier, {"QueryDefinitionId": identifier}


def _update(
    identifier: str, _old: Mapping[str, Any], props: Mapping[str, Any], _stack: str
) -> tuple[str, dict[str, str]]:
    _put(identifier, props)
    return identifier, {"QueryDefinitionId": identifier}


def _put(identifier: str, props: Mapping[str, Any]) -> None:
    _definitions[identifier] = {
        "queryDefinitionId": identifier,
        "name": props["Name"],
        "queryString": props["QueryString"],
        "logGroupNames": list(props.get("LogGroupNames", [])),
    }


def _delete(identifier: str, _props: Mapping[str, Any]) -> None:
    _definitions.pop(identifier, None)


PROVISIONER: Mapping[str, Callable[..., Any]] = {
    "create": _create,
    "update": _update,
    "delete": _delete,
}
"""The handlers of AWS::Logs::QueryDefinition for MiniStack's CloudFormation."""


def describe(request: Mapping[str, Any]) -> dict[str, Any]:
    """Handle DescribeQueryDefinitions. The response has all definitions on one page."""
    prefix = request.get("queryDefinitionNamePrefix", "")
    matching = [each for each in _definitions.values() if each["name"].startswith(prefix)]
    return {"queryDefinitions": sorted(matching, key=lambda each: each["name"])}
