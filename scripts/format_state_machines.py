"""Format the state machines: a line for each rule of a state, and for each short object or list.

PYTHONPATH=functions:. .venv/bin/python -m scripts.format_state_machines
"""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "statemachine"
INDENT = "  "
RULES = ("Retry", "Catch", "Choices")
MAX_LINE = 120
"""The characters of a line with an object or a list. Rules and texts may be longer."""

STATE = 2
"""The depth of a state, whose fields always have a line each."""


def formatted(value: Any, depth: int = 0, key: str = "") -> str:
    """Return the JSON text of a value, without a final newline."""
    inner, line = INDENT * (depth + 1), json.dumps(value, ensure_ascii=False)
    label = f"{json.dumps(key)}: " if key else ""
    is_short = depth > STATE and len(f"{INDENT * depth}{label}{line},") <= MAX_LINE
    is_one_rule = key in RULES and len(value) == 1
    if is_one_rule or (is_short and key not in RULES):
        return line
    if key in RULES:
        items = [json.dumps(rule, ensure_ascii=False) for rule in value]
        brackets = "[]"
    elif isinstance(value, dict) and value:
        items = [
            f"{json.dumps(name)}: {formatted(each, depth + 1, name)}"
            for name, each in value.items()
        ]
        brackets = "{}"
    elif isinstance(value, list) and value:
        items = [formatted(each, depth + 1) for each in value]
        brackets = "[]"
    else:
        return line
    lines = ",\n".join(inner + item for item in items)
    return f"{brackets[0]}\n{lines}\n{INDENT * depth}{brackets[1]}"


def main() -> None:
    """Rewrite each file."""
    for file in sorted(FOLDER.glob("*.asl.json")):
        file.write_text(formatted(json.loads(file.read_text())) + "\n")


if __name__ == "__main__":
    main()
