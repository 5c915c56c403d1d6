"""Runs a notebook with IPython, like Jupyter's kernel, and prints each cell's output as JSON.

python -m tests.workflow.run_notebook NOTEBOOK
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell


def run(notebook: Path) -> list[dict[str, Any]]:
    """Run the cells in order, and stop at the first error."""
    shell: Any = InteractiveShell.instance()
    shell.display_pub = CapturingDisplayPublisher(parent=shell, shell=shell)  # type: ignore[no-untyped-call]
    shown: list[dict[str, Any]] = []
    for cell in json.loads(notebook.read_text())["cells"]:
        if cell["cell_type"] != "code":
            continue
        printed = StringIO()
        with redirect_stdout(printed):
            done = shell.run_cell("".join(cell["source"]), store_history=True)
        done.raise_error()
        result = {} if done.result is None else shell.display_formatter.format(done.result)[0]
        displays = [each["data"].get("text/html") for each in shell.display_pub.outputs]
        shell.display_pub.outputs.clear()
        shown.append({"text": printed.getvalue(), "result": result, "displays": displays})
    return shown


if __name__ == "__main__":
    json.dump(run(Path(sys.argv[1])), sys.stdout)
