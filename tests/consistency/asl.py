"""Reads the state machines and the template for the consistency tests."""

import json
import re
from pathlib import Path
from typing import Any

from modeldrop.stack.template import read_template

ROOT = Path(__file__).resolve().parents[2]
MACHINES: dict[str, dict[str, Any]] = {
    name: json.loads((ROOT / "statemachine" / f"{name}.asl.json").read_text())
    for name in ("deploy_model", "batch_transform", "retire_model")
}
STATES: dict[str, Any] = {
    name: state for machine in MACHINES.values() for name, state in machine["States"].items()
}
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
NOT_TASKS = {"Watch Endpoints": "Schedule", "Notify Failure": "EventBridgeRule"}
"""The functions that are not tasks, and the kind of event that invokes them."""
STEPS = (*TASKS, *NOT_TASKS)
"""All steps with a function, in pipeline order."""
OPTIONAL_STEPS = {"Run Model": "HasCpuTest"}
"""The template's condition for each optional function."""


TEMPLATE = read_template(ROOT / "template.yaml")
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def pascal(state: str) -> str:
    """Convert `Create Endpoint` to `CreateEndpoint`."""
    return state.replace(" ", "")


def snake(state: str) -> str:
    """Convert `Create Endpoint` to `create_endpoint`."""
    return state.lower().replace(" ", "_")


def machine_resource(machine: str) -> str:
    """Convert `deploy_model` to `DeployModelStateMachine`."""
    return f"{machine.title().replace('_', '')}StateMachine"


def tasks(machine: str) -> list[str]:
    """Return the tasks of one machine, in order."""
    return [name for name in MACHINES[machine]["States"] if name in TASKS]


def function(state: str) -> dict[str, Any]:
    """Return the properties of a step's function."""
    properties: dict[str, Any] = RESOURCES[f"{pascal(state)}Function"]["Properties"]
    return properties


def substitutions(text: str) -> set[str]:
    """Return the names of `${…}` in a text."""
    return set(re.findall(r"\$\{(\w+)\}", text))
