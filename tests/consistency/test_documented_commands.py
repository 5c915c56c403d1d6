"""Every command in the documentation exists, with its options.

test_transcripts.py and test_documented_commands.py in tests/workflow run the commands that work on
the embedded cloud. This test compares all commands with the programs' tables of commands.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import typer
from botocore import xform_name
from typer.core import TyperGroup
from typer.main import get_command, get_group

from modeldrop.command.app import app
from modeldrop.command.terminal.deferred_command import DeferredCommand
from modeldrop.local import tools
from tests.documentation import PROGRAMS, ROOT, Shown, inline_commands, shown_commands, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COMMANDS = shown_commands()


def of(*programs: str) -> list[Shown]:
    return [each for each in COMMANDS if each.words[0] in programs]


def test_every_program_is_one_that_is_checked() -> None:
    unknown = [str(each) for each in COMMANDS if each.words[0] not in PROGRAMS and not each.run_by]
    assert unknown == [], "tests/documentation.py and this file have to know the program"


def test_there_are_commands() -> None:
    assert {"modeldrop", "make", "sam", "aws"} <= {each.words[0] for each in COMMANDS}


# --- modeldrop: the parser of the command
# ----------------------------------------------------------


@cache
def program() -> Any:
    """Return the root command of `modeldrop`, as typer builds it."""
    command: Any = get_group(app)
    # Typer adds the options for completion to this command.
    command.params += get_command(app).params
    return command


def leaf(words: Sequence[str]) -> tuple[Any, list[str]]:
    """Return the subcommand for these words, and the remaining arguments."""
    command, rest = program(), list(words)
    while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        assert rest[0] in command.commands, f"there is no modeldrop {' '.join(words)}"
        command = command.commands[rest.pop(0)]
        command = command.load() if isinstance(command, DeferredCommand) else command
    return command, rest


@pytest.mark.parametrize("shown", of("modeldrop"), ids=str)
def test_modeldrop_accepts_the_command(shown: Shown) -> None:
    command, arguments = leaf(shown.words[1:])
    if isinstance(command, TyperGroup):
        assert_options(command, arguments)
    else:
        command.make_context(command.name, arguments)


@pytest.mark.parametrize(
    "line", ["local upp", "delete resnet --forced", "inspect", "local up --hom x", "--versions"]
)
def test_unknown_option_of_modeldrop_is_found(line: str) -> None:
    with pytest.raises((AssertionError, typer.TyperException)):
        test_modeldrop_accepts_the_command(Shown("", ("modeldrop", *line.split())))


def assert_options(command: Any, words: Iterable[str]) -> None:
    known = {each for parameter in command.params for each in parameter.opts}
    options_used = {word.partition("=")[0] for word in words if re.match(r"-", word)}
    assert options_used <= known | {"--help"}, f"{command.name} has no {options_used - known}"


def inline(program: str) -> list[tuple[str, str]]:
    return [each for each in inline_commands() if each[1].startswith(f"{program} ")]


@pytest.mark.parametrize(("page", "text"), inline("modeldrop"))
def test_modeldrop_in_running_text_is_a_command_with_known_options(page: str, text: str) -> None:
    command, rest = leaf(split(re.sub(r"[|…\[\]]", " ", text))[1:])
    assert_options(command, rest)


# --- make, python, and the shell ------------------------------------------------------------------


def without_target(words: Sequence[str]) -> set[str]:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.M))
    return {word for word in words if "=" not in word} - targets


@pytest.mark.parametrize("shown", of("make"), ids=str)
def test_make_has_the_targets(shown: Shown) -> None:
    assert without_target(shown.words[1:]) == set()


@pytest.mark.parametrize(("page", "text"), inline("make"))
def test_make_in_running_text_has_the_targets(page: str, text: str) -> None:
    assert without_target(split(text)[1:]) == set()


def test_unknown_target_of_make_is_found() -> None:
    assert without_target(["unit", "units", "GOAL=x"]) == {"units"}


@pytest.mark.parametrize("shown", of("python"), ids=str)
def test_python_has_the_modules(shown: Shown) -> None:
    assert shown.words[1] == "-m"
    assert importlib.util.find_spec(shown.words[2])


@pytest.mark.parametrize("shown", of("pytest"), ids=str)
def test_pytest_has_the_files(shown: Shown) -> None:
    assert [word for word in shown.words[1:] if word[0] != "-" and not (ROOT / word).exists()] == []


@pytest.mark.parametrize("shown", of("pipx"), ids=str)
def test_pipx_installs_existing_extras(shown: Shown) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert shown.words[1] == "install"
    named = re.findall(r"\[(\w+)\]", " ".join(shown.words))
    assert set(named) <= extras["optional-dependencies"].keys()


# --- sam: the table of its commands -----------------------------------------------------------

SAM_PROBLEMS = """
import json, sys
import click
from samcli.cli.main import cli

def problem(words):
    command, rest = cli, list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        known = command.list_commands(click.Context(command))
        if rest[0] not in known:
            return f"there is no {rest[0]}"
        command = command.get_command(click.Context(command, obj=object()), rest.pop(0))
    options = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    options_used = [word.partition("=")[0] for word in rest if word.startswith("-")]
    unknown = [word for word in options_used if word not in options]
    return f"there is no {unknown[0]}" if unknown else ""

print(json.dumps([problem(words) for words in json.load(sys.stdin)]))
"""


def sam_problems(lines: Sequence[Sequence[str]]) -> list[str]:
    python = tools.sam().require().with_name("python")
    done = subprocess.run(
        [python, "-c", SAM_PROBLEMS], input=json.dumps(lines), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    problems: list[str] = json.loads(done.stdout)
    return problems


@pytest.mark.slow
def test_sam_has_the_commands_and_options() -> None:
    commands = of("sam")
    found = sam_problems([each.words[1:] for each in commands])
    mentions = [
        f"{shown}: {problem}" for shown, problem in zip(commands, found, strict=True) if problem
    ]
    assert mentions == []


@pytest.mark.slow
def test_unknown_option_of_sam_is_found() -> None:
    lines = (["deploy", "--guide"], ["deplou"], ["remote", "invoke", "--even"], ["sync", "--watch"])
    assert [bool(each) for each in sam_problems(lines)] == [True, True, True, False]


# --- aws: botocore's models, and the custom commands of the AWS CLI
# ---------------------------------------

# These are not operations of a service (AWS CLI command reference, `aws s3`, `aws logs tail`).
CUSTOM = {
    ("s3", "cp"): {"--recursive", "--exclude", "--include"},
    ("s3", "sync"): {"--exclude", "--include", "--delete"},
    ("s3", "ls"): {"--recursive"},
    ("s3", "rm"): {"--recursive"},
    ("s3", "rb"): {"--force"},
    ("logs", "tail"): {"--follow", "--since", "--filter-pattern", "--format"},
}
GLOBAL = {"--region", "--profile", "--output", "--query", "--endpoint-url", "--cli-input-json"}
# Options such as `--capabilities` are named after members; booleans also have a --no- form.


RENAMED = {("sns", "subscribe"): {"notification-endpoint"}}
"""Request members with another name in the AWS CLI (awscli, customizations/argrename.py)."""


@cache
def services() -> list[str]:
    return boto3.Session().get_available_services()


@cache
def service_model(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1").meta.service_model  # type: ignore[call-overload]


def aws_problem(words: Sequence[str]) -> str:
    """Return what the AWS CLI does not support in `aws <words>`; empty if it supports all of it."""
    service, operation, *rest = words
    options_used = {word.partition("=")[0] for word in rest if word.startswith("--")} - GLOBAL
    if (service, operation) in CUSTOM:
        unknown = options_used - CUSTOM[service, operation]
        return f"there is no {sorted(unknown)}" if unknown else ""
    if service not in services():
        return f"there is no service {service}"
    model = service_model(service)
    if operation == "wait":
        return "" if rest else "wait for what?"
    names = {xform_name(each, "-"): each for each in model.operation_names}
    if operation not in names:
        return f"{service} has no {operation}"
    shape: Any = model.operation_model(names[operation]).input_shape
    members = {xform_name(each, "-") for each in shape.members} if shape else set()
    members |= RENAMED.get((service, operation), set())
    unknown = {
        each for each in options_used if each.removeprefix("--").removeprefix("no-") not in members
    }
    return f"there is no {sorted(unknown)}" if unknown else ""


@pytest.mark.parametrize("shown", of("aws"), ids=str)
def test_aws_has_the_command_and_options(shown: Shown) -> None:
    assert aws_problem(shown.words[1:]) == ""


@pytest.mark.parametrize(("page", "text"), inline("aws"))
def test_aws_in_running_text_has_the_command_and_options(page: str, text: str) -> None:
    assert aws_problem(split(text)[1:]) == ""


@pytest.mark.parametrize(
    "line",
    [
        "s3 cp a s3://b --recursiv",
        "lambda invok",
        "lambda invoke --functionname f",
        "sagemake list",
    ],
)
def test_unknown_option_of_aws_is_found(line: str) -> None:
    assert aws_problem(split(line)) != ""
