"""The state machines and the template as data, for the tests of consistency."""

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
"""All that functions do, in pipeline order."""
OPTIONAL_STEPS = {"Run Model": "HasCpuTest"}
"""The condition of each function that a stack may be without."""


TEMPLATE = read_template(ROOT / "template.yaml")
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def pascal(state: str) -> str:
    """`Create Endpoint` to `CreateEndpoint`."""
    return state.replace(" ", "")


def snake(state: str) -> str:
    """`Create Endpoint` to `create_endpoint`."""
    return state.lower().replace(" ", "_")


def machine_resource(machine: str) -> str:
    """`deploy_model` to `DeployModelStateMachine`."""
    return f"{machine.title().replace('_', '')}StateMachine"


def tasks(machine: str) -> list[str]:
    """The tasks of one machine, in order."""
    return [name for name in MACHINES[machine]["States"] if name in TASKS]


def function(state: str) -> dict[str, Any]:
    """The properties of the function that does a step's work."""
    properties: dict[str, Any] = RESOURCES[f"{pascal(state)}Function"]["Properties"]
    return properties


def substitutions(text: str) -> set[str]:
    """The names of `${…}` in a text."""
    return set(re.findall(r"\$\{(\w+)\}", text))
