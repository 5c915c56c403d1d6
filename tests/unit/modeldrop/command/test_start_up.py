"""What a command imports before it does anything: it decides how long `modeldrop --help` takes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from modeldrop.command.app import COMMANDS
from modeldrop.command.terminal.deferred_command import DeferredCommand

SLOW = {"boto3", "httpx", "modeldrop.local.cloud", "numpy", "torch", "tritonclient"}
SENDS_REQUESTS = {"numpy", "tritonclient"}
"""A tensor is a numpy array, and tritonclient encodes it."""

EXPECTED = {
    "bench": SENDS_REQUESTS,
    "demo": {"boto3", "httpx", "modeldrop.local.cloud"},
    "invoke": SENDS_REQUESTS,
    "local": {"boto3", "httpx", "modeldrop.local.cloud"},
    "tune": {"boto3", "httpx", *SENDS_REQUESTS},
}
"""The slow modules of a command; none for the others."""

NAMES = [name for summaries in COMMANDS.values() for name in summaries]


def imported(statement: str) -> set[str]:
    """The modules that a statement imports in a process of its own."""
    program = f"import json, sys\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


@pytest.mark.slow
def test_help_and_completion_import_no_command() -> None:
    modules = imported("import modeldrop.command.app")
    assert not modules & {f"modeldrop.command.{name}" for name in NAMES}
    assert not modules & {*SLOW, "pydantic", "yaml", "importlib.metadata"}


@pytest.mark.slow
def test_most_commands_import_no_slow_module() -> None:
    names = [f"modeldrop.command.{name}" for name in NAMES if name not in EXPECTED]
    modules = imported(f"import {', '.join(names)}")
    assert not modules & SLOW
    assert len(modules) <= 690


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_other_commands_import_what_they_use(name: str) -> None:
    assert imported(f"import modeldrop.command.{name}") & SLOW == EXPECTED[name]


@pytest.mark.parametrize(
    ("name", "summary"), [each for several in COMMANDS.values() for each in several.items()]
)
def test_summary_is_the_beginning_of_the_commands_help(name: str, summary: str) -> None:
    text = DeferredCommand(name, summary, "").load().help
    assert " ".join(text.split()).startswith(summary.removesuffix("."))
