"""The two processes of `make unit` run each fast test once, and only one of them imports torch."""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SLOW = {"torch", "torchvision"}


@pytest.fixture(scope="module")
def files() -> dict[str, set[Path]]:
    """The modules of tests that each target of the Makefile collects."""
    return {target: collected(target) for target in ("fast-commands", "fast-pipeline")}


def collected(target: str) -> set[Path]:
    environment = {name: each for name, each in os.environ.items() if "MAKE" not in name}
    command = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", target],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    arguments = shlex.split(command)
    ignored = [ROOT / each.removeprefix("--ignore=") for each in arguments if "--ignore=" in each]
    given = [ROOT / each for each in arguments if each.startswith("tests/")]
    return {
        file
        for each in given
        for file in (each.rglob("test_*.py") if each.is_dir() else [each])
        if not any(map(file.is_relative_to, ignored))
    }


def test_each_module_runs_once(files: dict[str, set[Path]]) -> None:
    commands, pipeline = files.values()
    folders = (ROOT / "tests/unit", ROOT / "tests/consistency")
    assert commands | pipeline == {file for each in folders for file in each.rglob("test_*.py")}
    assert not commands & pipeline


@pytest.mark.slow
def test_tests_of_the_commands_do_not_import_torch(files: dict[str, set[Path]]) -> None:
    """Its import takes seconds. The imports of fixtures and functions do not count."""
    modules = files["fast-commands"]
    modules |= {parent / "conftest.py" for file in modules for parent in file.parents}
    assert [file for file in modules if file.is_file() and loads_torch(file)] == []


@cache
def loads_torch(file: Path) -> bool:
    """Tell whether a module, or one of this project that it imports, imports torch."""
    for name in imported(file):
        module = ROOT / name.replace(".", "/")
        source = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
        if name.partition(".")[0] in SLOW or (source.is_file() and loads_torch(source)):
            return True
    return False


def imported(file: Path) -> set[str]:
    """Return the modules that a module imports when it is loaded, and the names from them."""
    names = set[str]()
    for statement in ast.parse(file.read_text()).body:
        match statement:
            case ast.Import():
                names |= {each.name for each in statement.names}
            case ast.ImportFrom(level=0, module=str(module)):
                names |= {module, *(f"{module}.{each.name}" for each in statement.names)}
    return names
