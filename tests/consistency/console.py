"""Reads the dashboard and alarms of the template."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from tests.consistency.asl import RESOURCES

_STACK = {
    "AWS::StackName": "modeldrop-dev",
    "AWS::Region": "eu-west-1",
    "DeployModelStateMachine": "arn:aws:states:eu-west-1:123456789012:stateMachine:deploy",
    "BatchTransformStateMachine": "arn:aws:states:eu-west-1:123456789012:stateMachine:batch",
    "RetireModelStateMachine": "arn:aws:states:eu-west-1:123456789012:stateMachine:retire",
    "EndpointWords": "my EndpointName=team",
}


@dataclass(frozen=True)
class Shown:
    """A metric or a search for metrics, with the names of the dimensions."""

    widget: str
    namespace: str
    metric: str
    dimensions: frozenset[str]
    statistic: str
    terms: frozenset[str] = frozenset()


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of the resources of one type, by name."""
    return {name: each["Properties"] for name, each in RESOURCES.items() if each["Type"] == kind}


def dashboard() -> dict[str, Any]:
    """Return the body of the dashboard as CloudWatch gets it."""
    text, variables = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    known = _STACK | dict.fromkeys(variables, _STACK["EndpointWords"])
    filled = re.sub(r"\$\{(?!!)([^}]+)\}", lambda found: known[found[1]], text)
    body: dict[str, Any] = json.loads(filled.replace("${!", "${"))
    return body


def shown() -> list[Shown]:
    """Return every metric of every widget."""
    found = []
    for widget in dashboard()["widgets"]:
        about = widget["properties"]
        for metric in about.get("metrics", []):
            if isinstance(metric[0], dict):
                found.append(searched(about["title"], metric[0]["expression"]))
            else:
                namespace, name, *pairs, _look = metric
                found.append(
                    Shown(about["title"], namespace, name, frozenset(pairs[::2]), about["stat"])
                )
    return found


def searched(widget: str, expression: str) -> Shown:
    """Read SEARCH('{namespace,dimension,…} MetricName="…" term …', 'statistic', period)."""
    found = re.fullmatch(
        r"SEARCH\('\{([^}]+)\} MetricName=\"(\w+)\" ([^']+)', '(\w+)', (\d+)\)", expression
    )
    assert found, expression
    namespace, *dimensions = found[1].split(",")
    return Shown(
        widget,
        namespace.strip('"'),
        found[2],
        frozenset(dimensions),
        found[4],
        frozenset(found[3].split()),
    )
