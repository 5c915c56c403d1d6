"""A build is used again if, and only if, none of its inputs has changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from modeldrop.local import stack_deployment, tools


def referenced_paths(template: str) -> set[str]:
    """Return the local paths in a template's text, truncated before the first parameter."""
    found = re.findall(
        r"\b(?:CodeUri|ContentUri|DefinitionUri|ContextPath|Location):\s*(?:!Sub\s*)?"
        r"[\"']?([\w./-]+)",
        template,
    )
    return {path.removeprefix("./").rstrip("/") for path in found}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("functions/create_model", "layers", "model_packager", "statemachine", "docs"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "template.yaml").write_text("Resources: {}\n")
    (tmp_path / "functions/create_model/handler.py").write_text("one = 1\n")
    (tmp_path / "model_packager/__init__.py").touch()
    return tmp_path


def _edit(project: Path) -> None:
    (project / "functions/create_model/handler.py").write_text("one = 2\n")


def _add(project: Path) -> None:
    (project / "model_packager/new.py").touch()


def _rename(project: Path) -> None:
    (project / "functions/create_model/handler.py").rename(project / "functions/handler.py")


def _remove(project: Path) -> None:
    (project / "model_packager/__init__.py").unlink()


def _edit_template(project: Path) -> None:
    (project / "template.yaml").write_text("Resources: {A: 1}\n")


@pytest.mark.parametrize("change", [_edit, _add, _rename, _remove, _edit_template])
def test_every_change_of_an_input_is_noticed(project: Path, change: Callable[[Path], None]) -> None:
    before = stack_deployment.source_digest(project)

    change(project)

    assert stack_deployment.source_digest(project) != before


def test_another_runtime_is_another_build(project: Path) -> None:
    assert stack_deployment.source_digest(project, "python3.11") != stack_deployment.source_digest(
        project, "python3.13"
    )


def test_what_is_no_input_changes_nothing(project: Path) -> None:
    before = stack_deployment.source_digest(project)

    (project / "docs/page.md").touch()
    cache = project / "functions/create_model/__pycache__"
    cache.mkdir()
    (cache / "handler.cpython-311.pyc").touch()
    (project / "template.yaml").touch()  # a different time with the same content

    assert stack_deployment.source_digest(project) == before


def test_every_path_in_the_template_is_an_input() -> None:
    template = (tools.PROJECT_ROOT / "template.yaml").read_text()

    paths = referenced_paths(template)

    assert {"functions", "model_packager", "model_client"} <= paths
    assert {path.split("/")[0] for path in paths} <= set(stack_deployment.BUILD_INPUTS)


def test_referenced_paths_are_found_in_each_notation() -> None:
    template = """
    CodeUri: functions/
    Metadata: {BuildMethod: makefile, ContextPath: !Sub "layers/${PythonRuntime}"}
    DefinitionUri: ./statemachine/deploy_model.asl.json
    Properties: {ContentUri: 'model_packager'}
    """

    assert referenced_paths(template) == {
        "functions",
        "layers",
        "statemachine/deploy_model.asl.json",
        "model_packager",
    }


@pytest.mark.slow
def test_first_sam_command_of_a_checkout_needs_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fresh checkout has no .aws-sam, and this may be the first command there."""
    monkeypatch.setattr(stack_deployment, "BUILD_CACHE", tmp_path / ".aws-sam" / "embedded")
    log = tmp_path / "sam-deploy.log"
    environment = {"HOME": str(tmp_path), "LC_ALL": "C.UTF-8", **stack_deployment._sam_settings()}
    stack_deployment._sam("deploy", {}, ["--help"], environment=environment, log=log)
    assert "--stack-name" in log.read_text()
