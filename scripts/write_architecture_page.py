"""Write the states of docs/architecture.md, from the state machines and the functions.

`make pages` runs it. The text outside the marks is written by hand and stays as it is.
"""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"

BEGIN = "<!-- {}: written by scripts/write_architecture_page.py -->\n"
END = "<!-- end of {} -->\n"


def page(written: str) -> str:
    """Return the page with the current state machines between the marks."""
    for machine in ("deploy_model", "batch_transform", "retire_model"):
        begin, end = BEGIN.format(machine), END.format(machine)
        before, _, rest = written.partition(begin)
        after = rest.partition(end)[2]
        states = json.loads((ROOT / "statemachine" / f"{machine}.asl.json").read_text())
        written = f"{before}{begin}\n{_diagram(states)}\n{_table(states['States'])}\n{end}{after}"
    return written


def _diagram(machine: Mapping[str, Any]) -> str:
    """Return a Mermaid diagram, which GitHub renders.

    It omits error transitions, which the text describes.
    """
    lines = ["```mermaid", "stateDiagram-v2"]
    for name, state in machine["States"].items():
        lines.append(f"    {_id(name)} : {name}")
        if state["Type"] == "Choice":
            lines.append(f"    state {_id(name)} <<choice>>")
    lines.append(f"    [*] --> {_id(machine['StartAt'])}")
    for name, state in machine["States"].items():
        lines += [f"    {_id(name)} --> {to}" for to in _ways_on(state)]
    return "\n".join([*lines, "```", ""])


def _ways_on(state: Mapping[str, Any]) -> Iterator[str]:
    if state["Type"] in ("Succeed", "Fail"):
        yield "[*]"
    choices = [*state.get("Choices", []), {"Next": state.get("Next") or state.get("Default")}]
    for name in dict.fromkeys(each["Next"] for each in choices if each["Next"]):
        yield _id(name)


def _id(name: str) -> str:
    return re.sub(r"\W", "", name)


def _table(states: Mapping[str, Any]) -> str:
    head = "| State | Its code | What it does | An error leads to |\n|---|---|---|---|\n"
    return head + "".join(
        f"| {name} | [`functions/{_folder(name)}/`](../functions/{_folder(name)}) | "
        f"{_does(ROOT / 'functions' / _folder(name) / 'handler.py')} | "
        f"{', '.join(dict.fromkeys(each['Next'] for each in state['Catch']))} |\n"
        for name, state in states.items()
        if state["Type"] == "Task"
    )


def _folder(name: str) -> str:
    return name.lower().replace(" ", "_")


def _does(handler: Path) -> str:
    """Return the part of a handler's docstring after the state's name."""
    said = ast.get_docstring(ast.parse(handler.read_text())) or ""
    words = " ".join(said.partition("\n\n")[0].partition(": ")[2].split())
    return words[:1].upper() + words[1:]


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
