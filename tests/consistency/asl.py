"""The state machine and the template as data, for the tests that hold the parts together."""

import json
import re
from pathlib import Path
from typing import Any

from modeldrop.template import read_template

ROOT = Path(__file__).resolve().parents[2]
ASL: dict[str, Any] = json.loads((ROOT / "statemachine" / "deploy_model.asl.json").read_text())
STATES: dict[str, Any] = ASL["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}


TEMPLATE = read_template(ROOT / "template.yaml")
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
