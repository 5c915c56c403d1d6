"""docs/commands.md matches the help of the commands."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
import typer

from modeldrop.command.app import app
from modeldrop.command.examples import EXAMPLES
from modeldrop.exit_code import MEANING, ExitCode
from scripts.write_commands_page import PAGE, STACK_OPTIONS, commands, page

COMMANDS: dict[str, Any] = dict(commands())


def options(name: str) -> set[str]:
    return {each.name for each in COMMANDS[name].params}


def test_page_is_current() -> None:
    assert PAGE.read_text() == page(), "make pages"


def test_page_has_every_command_and_exit_code_and_no_path_of_this_computer() -> None:
    text = page()
    for name in COMMANDS:
        assert f"\n## `modeldrop {name}" in text
    for code in ExitCode:
        assert f"\n| {code.value} | {MEANING[code]} |" in text
    assert str(PAGE.parent.parent) not in text


@pytest.mark.parametrize(
    ("name", "sample"), [(name, each) for name, several in EXAMPLES.items() for each in several]
)
def test_samples_are_taken(name: str, sample: str) -> None:
    words = shlex.split(sample)
    assert sample.startswith(name)
    group: Any = typer.main.get_command(app)
    context = group.make_context("modeldrop", words)  # without running it
    assert context.command is group
    arguments = words[len(name.split()) :]
    assert COMMANDS[name].make_context(name, arguments).params


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_an_example_in_its_help(name: str) -> None:
    for example in EXAMPLES[name]:
        assert f"\n  modeldrop {example}" in COMMANDS[name].epilog


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_gives_json(name: str) -> None:
    assert "as_json" in options(name)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_commands_on_a_stack_take_all_options_that_choose_one(name: str) -> None:
    if "stack" in options(name):
        assert options(name) >= STACK_OPTIONS
        assert "chosen" not in options(name)
