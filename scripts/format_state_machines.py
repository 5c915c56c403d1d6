"""Format the state machines, with each rule of a state on one line.

PYTHONPATH=functions:. .venv/bin/python -m scripts.format_state_machines
"""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "statemachine"
INDENT = "  "
RULES = ("Retry", "Catch", "Choices")


def formatted(value: Any, depth: int = 0, key: str = "") -> str:
    """Return the JSON text of a value, without a final newline."""
    inner = INDENT * (depth + 1)
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
        return json.dumps(value, ensure_ascii=False)
    lines = ",\n".join(inner + item for item in items)
    return f"{brackets[0]}\n{lines}\n{INDENT * depth}{brackets[1]}"


def main() -> None:
    """Rewrite each file."""
    for file in sorted(FOLDER.glob("*.asl.json")):
        file.write_text(formatted(json.loads(file.read_text())) + "\n")


if __name__ == "__main__":
    main()
