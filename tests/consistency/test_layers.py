"""Packages import only downward in these layers, and never in a circle.

A layer lists modules and packages of a folder. They may import from their layer and the layers
below.
"""

from __future__ import annotations

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

from tests.consistency.asl import ROOT
from tests.consistency.import_statements import import_statements

Layers = tuple[frozenset[str], ...]


def layers(*names: str) -> Layers:
    return tuple(frozenset(each.split()) for each in names)


SOURCES = ("functions", "model_client", "model_packager", "modeldrop")
BY_PATH = "modeldrop/local/sagemaker/triton_backends/"  # tritonserver runs these files by path
LOWER_PACKAGES = {
    "functions": {"model_client", "model_packager"},
    "modeldrop": {"model_client", "model_packager"},
    "model_client": {"model_packager"},
}

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
    "model_packager/names": layers(
        "artifact drop",
        "batch pool",
        "endpoint",
        "model report request stack version",
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
        "local_server run",
        "cloud",
        "sagemaker stack_deployment",
        "status_page",
        "inbox snapshot",
        "cloud_state",
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
        "app assembly",
        "api",
        "servers service",
        "async_inference multi_model scaling serverless traffic transform",
        "hosting",
        "metrics triton",
        "async_queue",
        "authorizer execution_role known_callers",
        "errors faults repetition",
    ),
}


@cache
def imports() -> dict[str, frozenset[str]]:
    """Return the files that each file imports, including late imports and imports for types."""
    files = [
        file.relative_to(ROOT).as_posix()
        for source in SOURCES
        for file in (ROOT / source).rglob("*.py")
        if not file.relative_to(ROOT).as_posix().startswith(BY_PATH)
    ]
    by_name = {dotted(file): file for file in files}
    found = {}
    for file in files:
        names = set[str]()
        for statement in import_statements(ROOT / file, types=True):
            match statement:
                case ast.Import():
                    names |= {each.name for each in statement.names}
                case ast.ImportFrom(module=str(module)):
                    inner = {f"{module}.{each.name}" for each in statement.names}
                    names |= inner & by_name.keys() or {module}
        found[file] = frozenset(by_name[name] for name in names & by_name.keys())
    return found


def dotted(file: str) -> str:
    parts = Path(file.removeprefix("functions/")).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part_with(folder: str, file: str) -> str | None:
    """Return the module or package of a folder that contains a file, or None."""
    head = f"{folder}/" if folder else ""
    part = file.removeprefix(head).split("/")[0].removesuffix(".py")
    return part if file.startswith(head) and part != "__init__" else None


def arrows(folder: str) -> dict[str, dict[str, str]]:
    """Return the other parts that each part of a folder imports, with a file that imports them."""
    found: dict[str, dict[str, str]] = {}
    for file, imported in imports().items():
        importer = part_with(folder, file)
        for part in filter(None, (part_with(folder, other) for other in imported)):
            if importer is not None and importer != part:
                found.setdefault(importer, {})[part] = file
    return found


def folders() -> list[str]:
    return sorted({parent.as_posix() for file in imports() for parent in Path(file).parents[:-1]})


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
    assert [
        f"{file} imports {imported}"
        for importer, found in arrows(folder).items()
        for imported, file in found.items()
        if level[imported] < level[importer]
    ] == []


def test_packages_import_lower_packages() -> None:
    found = {package: set(imported) for package, imported in arrows("").items()}
    assert found == LOWER_PACKAGES


@pytest.mark.parametrize("folder", folders())
def test_nothing_imports_in_a_circle(folder: str) -> None:
    graph = arrows(folder)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1][::-1]
        pytest.fail("\n".join(f"{graph[a][b]} imports {b}" for a, b in pairwise(circle)))


A_FILE_EACH = {"modeldrop/command"}  # this package is a list, with one file for each command
MAX_MODULES = 16


def test_no_package_is_a_long_flat_list() -> None:
    for source in SOURCES:
        for folder in [
            ROOT / source,
            *(each for each in (ROOT / source).rglob("*") if each.is_dir()),
        ]:
            modules = [file for file in folder.glob("*.py") if file.name != "__init__.py"]
            if folder.relative_to(ROOT).as_posix() not in A_FILE_EACH:
                assert len(modules) <= MAX_MODULES, folder
