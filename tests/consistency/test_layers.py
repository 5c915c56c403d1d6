"""Which package may import which: imports point down these layers, and never up.

A layer names modules and packages of its folder. It may import its own layer and those below it.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.consistency.asl import ROOT

Layers = tuple[frozenset[str], ...]


def layers(*names: str) -> Layers:
    return tuple(frozenset(each.split()) for each in names)


LAYERS: dict[str, Layers] = {
    "model_packager": layers(
        "client_code executions exporter inspection stored value_origins",
        "formats",
        "repository",
        "sagemaker",
        "spec",
        "aws_limits dtype duration error_message golden_sample latency_statistics model_files "
        "model_warnings names rejection signature status",
    ),
    "functions/workflow": layers(
        "step",
        "notify report outcome failures",
        "batch pool",
        "drop versions",
        "archive",
        "aws best_effort log_identity settings",
        "errors contracts",
    ),
    "modeldrop": layers(
        "command",
        "api",
        "model_run",
        "local",
        "tuning",
        "live",
        "executions",
        "doctor dropping orphans",
        "stack",
        "model_names service_models stored_documents",
        "aws_errors",
        "errors",
        "exit_code interruption",
    ),
    "modeldrop/api": layers(
        "endpoint registered_model",
        "deployment",
        "golden inspection notebook",
        "stack",
    ),
    "modeldrop/command": layers(
        "main",
        "app",
        "batch bench delete demo diff doctor drop export history init inspect invoke local "
        "local_inbox local_status logs orphans package plan prices promote report rollback sleep "
        "snippet status tune wake watch",
        "terminal",
        "examples",
    ),
    "modeldrop/local": layers(
        "local_server run status_page",
        "inbox snapshot",
        "cloud",
        "sagemaker stack_deployment",
        "aws_session cleanup",
        "ministack",
        "home process",
        "access",
        "cross_site die_with_parent shell_exports tools",
    ),
    "modeldrop/local/access": layers(
        "authentication owner_auth",
        "signature",
        "credentials",
    ),
    "modeldrop/local/sagemaker": layers(
        "__main__ process",
        "app",
        "api",
        "servers service",
        "async_inference multi_model scaling serverless traffic transform",
        "hosting",
        "metrics triton",
        "async_queue",
        "authorizer execution_role known_callers",
        "errors faults",
    ),
}
# A test reads these; each entry says why it may point up.
EXCEPTIONS = {
    ("modeldrop/local/sagemaker/__main__.py", "status_page"): "serves the page",
}


@cache  # a file of a package is in the packages above, too
def imported(file: Path) -> set[str]:
    """The modules that a file imports, for types alone too, as dotted names."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{each.name}" for each in node.names}
    return found


def parts_of(folder: Path) -> set[str]:
    return {
        each.stem
        for each in folder.iterdir()
        if each.name != "__init__.py" and (each.suffix == ".py" or (each / "__init__.py").exists())
    }


@pytest.mark.parametrize("folder", LAYERS)
def test_every_part_has_one_layer(folder: str) -> None:
    named = [name for layer in LAYERS[folder] for name in layer]
    assert len(named) == len(set(named))
    assert set(named) == parts_of(ROOT / folder)


@pytest.mark.parametrize("folder", LAYERS)
def test_imports_point_down(folder: str) -> None:
    level = {name: i for i, layer in enumerate(LAYERS[folder]) for name in layer}
    prefix = folder.removeprefix("functions/").replace("/", ".") + "."
    up = set()
    for file in (ROOT / folder).rglob("*.py"):
        path = file.relative_to(ROOT / folder)
        if path.name == "__init__.py" or "triton_backends" in path.parts:
            continue
        own = Path(path.parts[0]).stem
        targets = {
            name.removeprefix(prefix).partition(".")[0]
            for name in imported(file)
            if name.startswith(prefix)
        }
        up |= {
            (file.relative_to(ROOT).as_posix(), target)
            for target in targets & level.keys()
            if target != own and level[target] < level[own]
        }
    assert up <= EXCEPTIONS.keys(), sorted(up - EXCEPTIONS.keys())


def test_no_exception_is_stale() -> None:
    for (path, target), _reason in EXCEPTIONS.items():
        assert target in (ROOT / path).read_text(), (path, target)


SOURCES = ("functions", "model_client", "model_packager", "modeldrop")
A_FILE_EACH = {"modeldrop/command"}  # a list is the point: one file for each command
MOST_MODULES = 16


def test_no_package_is_a_long_flat_list() -> None:
    for source in SOURCES:
        for folder in [
            ROOT / source,
            *(each for each in (ROOT / source).rglob("*") if each.is_dir()),
        ]:
            modules = [file for file in folder.glob("*.py") if file.name != "__init__.py"]
            if folder.relative_to(ROOT).as_posix() not in A_FILE_EACH:
                assert len(modules) <= MOST_MODULES, folder
