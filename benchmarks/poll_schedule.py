"""Computes when the workflow polls an endpoint, from the expressions of the state machine."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from jsonata import Jsonata

from modeldrop.local.tools import PROJECT_ROOT
from modeldrop.stack.template import read_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STATES: dict[str, Any] = json.loads(
    (PROJECT_ROOT / "statemachine" / "deploy_model.asl.json").read_text()
)["States"]


def defaults() -> dict[str, int]:
    """Return the template's defaults of the state machine's numeric parameters."""
    parameters = read_template(PROJECT_ROOT / "template.yaml")["Parameters"]
    return {
        name: parameter["Default"]
        for name, parameter in parameters.items()
        if parameter["Type"] == "Number"
    }


def polls(parameters: Mapping[str, int]) -> Iterator[int]:
    """Yield the times when Check Endpoint polls, in seconds after Create Endpoint, without end.

    The durations of the polls are not included, so real polls come a little later.
    """
    created = {"states": {"result": {"runs": False}}}  # the endpoint is new
    start = STATES["Create Endpoint"]["Assign"]
    variables = {"polls": int(STATES["Receive Drop"]["Assign"]["polls"])} | {
        name: _value(start[name], parameters, created)
        for name in ("waited_seconds", "wait_seconds")
    }
    wait, check = STATES["Wait for Endpoint"], STATES["Check Endpoint"]
    seconds = 0
    while True:
        seconds += _value(wait["Seconds"], parameters, variables)
        for state in (wait, check):  # an Assign uses the values that the variables had before it
            variables |= {
                name: _value(text, parameters, variables) for name, text in state["Assign"].items()
            }
        yield seconds


def polls_until(ready_seconds: float, parameters: Mapping[str, int]) -> tuple[int, float]:
    """Return the number of polls until the endpoint is ready, and the delay of the last poll."""
    for count, seconds in enumerate(polls(parameters), start=1):
        if seconds >= ready_seconds:
            return count, seconds - ready_seconds
    raise AssertionError("the polls never end")


def _value(text: object, parameters: Mapping[str, int], variables: Mapping[str, Any]) -> int:
    if not isinstance(text, str):
        return int(str(text))
    expression_text = re.sub(r"\$\{(\w+)\}", lambda match: str(parameters[match[1]]), text)
    expression = Jsonata.jsonata(expression_text.removeprefix("{%").removesuffix("%}"))
    for name, value in variables.items():
        expression.assign(name, value)
    value = expression.evaluate(None)
    if value != int(value):
        raise ValueError(f"{text} evaluates to {value}, but Step Functions needs whole seconds.")
    return int(value)
