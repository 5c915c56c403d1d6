"""Runs the notebook in examples/ against the embedded cloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.workflow.drops import Cloud

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "deploy_from_a_notebook.ipynb"


def test_notebook_runs_from_its_first_to_its_last_cell(cloud: Cloud, tmp_path: Path) -> None:
    environment = {**os.environ, **cloud.embedded.environment(), "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.workflow.run_notebook", str(NOTEBOOK)],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    cells = json.loads(done.stdout)
    inspected, deployed, waited, called, classified, snippet, deleted = cells[2:]
    assert "INPUT__0" in inspected["result"]["text/html"]
    states = deployed["text"].split("\n")
    assert states.index("Inspect Model") < states.index("Smoke Test") < states.index("Write Report")
    first, *_, last = deployed["displays"]
    assert "<progress></progress>" in first
    assert "SUCCEEDED" in last
    assert "<progress" not in last
    assert "'status': 'SUCCEEDED'" in waited["result"]["text/plain"]
    assert "0., 1., 0." in called["result"]["text/plain"]
    assert "green" in classified["result"]["text/plain"]
    assert "modeldrop-colors" in snippet["text"]
    assert "RETIRED" in deleted["result"]["text/plain"]


def test_notebook_is_stored_without_outputs() -> None:
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
