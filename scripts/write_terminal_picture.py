"""Draw docs/terminal.svg, a terminal with `modeldrop demo` and its real output.

It deploys the demo's model to the embedded cloud, so run it on an idle machine after `make setup`:

PYTHONPATH=functions python -m scripts.write_terminal_picture
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

PICTURE = Path(__file__).parent.parent / "docs" / "terminal.svg"
COLUMNS = 84


def demo_output() -> str:
    """Run `modeldrop demo` and return the output."""
    command = [str(Path(sys.executable).with_name("modeldrop")), "demo"]
    done = subprocess.run(
        command, text=True, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return done.stdout


def terminal_svg(typed: str, output: str) -> str:
    """Draw a terminal window with a command and its output."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text.assemble(("$ ", "bold green"), (typed, "bold")))
    for line in output.rstrip().splitlines():
        console.print(_colored(line))
    svg = console.export_svg(title="Modeldrop", theme=MONOKAI, unique_id="terminal")
    return re.sub(r"[ \t]+$", "", svg, flags=re.M)


def _colored(line: str) -> Text:
    text = Text(line, no_wrap=False)
    text.highlight_regex(r"^(SUCCEEDED|[^:]+ is live).*$", "bold green")
    text.highlight_regex(r"^\s+[\d.]+ s", "cyan")
    text.highlight_regex(r"(?<=   )[\d.]+ s$", "dim")
    return text


if __name__ == "__main__":
    PICTURE.write_text(terminal_svg("make demo", demo_output()), encoding="utf-8")
