"""The state machine and the template as data, for the tests that hold the parts together."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
ASL: dict[str, Any] = json.loads((ROOT / "statemachine" / "deploy_model.asl.json").read_text())
STATES: dict[str, Any] = ASL["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}


class _CloudFormationLoader(yaml.SafeLoader):
    """Reads `!Ref X` as {"Ref": "X"}, and so on."""


def _tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_CloudFormationLoader.add_multi_constructor("!", _tag)

TEMPLATE: dict[str, Any] = yaml.load(
    (ROOT / "template.yaml").read_text(),
    Loader=_CloudFormationLoader,  # noqa: S506  # a SafeLoader with CloudFormation's tags
)
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def pascal(state: str) -> str:
    """`Create Endpoint` to `CreateEndpoint`."""
    return state.replace(" ", "")


def snake(state: str) -> str:
    """`Create Endpoint` to `create_endpoint`."""
    return state.lower().replace(" ", "_")


def function(state: str) -> dict[str, Any]:
    """The properties of the function that does a state's work."""
    properties: dict[str, Any] = RESOURCES[f"{pascal(state)}Function"]["Properties"]
    return properties


def substitutions(text: str) -> set[str]:
    """The names of `${…}` in a text."""
    return set(re.findall(r"\$\{(\w+)\}", text))
