"""When the workflow looks at an endpoint: the state machine's own expressions, evaluated."""

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
    """The template's defaults of the numbers that the state machine takes."""
    parameters = read_template(PROJECT_ROOT / "template.yaml")["Parameters"]
    return {
        name: parameter["Default"]
        for name, parameter in parameters.items()
        if parameter["Type"] == "Number"
    }


def looks(parameters: Mapping[str, int]) -> Iterator[int]:
    """Give the seconds after Create Endpoint at which Check Endpoint looks, without end.

    The time that the looks themselves take is left out, so the true ones come a little later.
    """
    variables = {
        name: _value(text, parameters, {})
        for name, text in STATES["Create Endpoint"]["Assign"].items()
        if "$states" not in str(text)
    }
    wait, check = STATES["Wait for Endpoint"], STATES["Check Endpoint"]
    seconds = 0
    while True:
        seconds += _value(wait["Seconds"], parameters, variables)
        for state in (wait, check):  # all of one Assign see the variables as they were before it
            variables |= {
                name: _value(text, parameters, variables) for name, text in state["Assign"].items()
            }
        yield seconds


def looks_until(ready_seconds: float, parameters: Mapping[str, int]) -> tuple[int, float]:
    """Count the looks at an endpoint that is ready so long after, and give how late the last is."""
    for count, seconds in enumerate(looks(parameters), start=1):
        if seconds >= ready_seconds:
            return count, seconds - ready_seconds
    raise AssertionError("the looks have no end")


def _value(text: object, parameters: Mapping[str, int], variables: Mapping[str, int]) -> int:
    if not isinstance(text, str):
        return int(str(text))
    filled = re.sub(r"\$\{(\w+)\}", lambda found: str(parameters[found[1]]), text)
    expression = Jsonata.jsonata(filled.removeprefix("{%").removesuffix("%}"))
    for name, value in variables.items():
        expression.assign(name, value)
    value = expression.evaluate(None)
    if value != int(value):
        raise ValueError(f"{text} gives {value}, and Step Functions takes whole seconds.")
    return int(value)
