"""docs/operating.md shows commands that there are, and every status."""

from __future__ import annotations

import re
import shlex

import pytest
from typer.main import get_group

from modeldrop.command.main import app
from tests.consistency.asl import ROOT
from workflow.contracts import RetirementStatus, Status

PAGE = (ROOT / "docs" / "operating.md").read_text()
COMMANDS = [line.partition("#")[0] for line in re.findall(r"^\$ modeldrop (.*)$", PAGE, re.M)]


@pytest.mark.parametrize("shown", COMMANDS)
def test_shown_command_is_understood(shown: str) -> None:
    name, *arguments = shlex.split(shown)
    get_group(app).commands[name].make_context(name, arguments)


def test_every_status_is_explained() -> None:
    table = PAGE.partition("## What a notification asks of you")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([A-Z_]+)` \|", table, re.M)
    assert len(rows) == len(set(rows))
    assert set(rows) == {each.value for kind in (Status, RetirementStatus) for each in kind}
