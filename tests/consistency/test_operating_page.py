"""docs/operating.md shows existing commands, and every status."""

from __future__ import annotations

import json
import re
import shlex

import pytest
from typer.main import get_group

from model_packager.status import Status
from modeldrop.command.app import app
from tests.consistency.asl import MACHINES, ROOT
from workflow.contracts.batch_transform import BatchStatus
from workflow.contracts.retire_model import RetirementStatus
from workflow.errors import __all__ as errors

PAGE = (ROOT / "docs" / "operating.md").read_text()
COMMANDS = [line.partition("#")[0] for line in re.findall(r"^\$ modeldrop (.*)$", PAGE, re.M)]
ENDS = r'"error": "([A-Z][A-Za-z]+)"'


@pytest.mark.parametrize("shown", COMMANDS)
def test_shown_command_is_valid(shown: str) -> None:
    name, *arguments = shlex.split(shown)
    get_group(app).commands[name].make_context(name, arguments)


def test_every_status_is_explained() -> None:
    table = PAGE.partition("| Status |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `([A-Z_]+)` \|", table, re.M)
    assert len(rows) == len(set(rows))
    assert set(rows) == {
        each.value for kind in (Status, RetirementStatus, BatchStatus) for each in kind
    }


def test_every_error_is_explained() -> None:
    """These are the errors of the functions, and the errors in Fail states."""
    table = PAGE.partition("| Error |")[2].partition("\n\n")[0]
    first = " ".join(re.findall(r"^\| (`[^|]*) \|", table, re.M))
    named = re.findall(r"`([A-Za-z.]+)`", first)
    assert len(named) == len(set(named))
    ends = {name for machine in MACHINES.values() for name in re.findall(ENDS, json.dumps(machine))}
    assert set(named) - {"States.Timeout"} == (set(errors) - {"StepError"}) | ends
