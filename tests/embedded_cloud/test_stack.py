"""A build is used again exactly as long as nothing that goes into it has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modeldrop.local import stack_deployment, tools


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
    (project / "template.yaml").touch()  # another time, the same content

    assert stack_deployment.source_digest(project) == before


def test_every_path_in_the_template_is_an_input() -> None:
    template = (tools.PROJECT_ROOT / "template.yaml").read_text()

    paths = stack_deployment.referenced_paths(template)

    assert {"functions", "model_packager", "model_client"} <= paths
    assert {path.split("/")[0] for path in paths} <= set(stack_deployment.BUILD_INPUTS)


def test_referenced_paths_are_found_in_each_notation() -> None:
    template = """
    CodeUri: functions/
    Metadata: {BuildMethod: makefile, ContextPath: !Sub "layers/${PythonRuntime}"}
    DefinitionUri: ./statemachine/deploy_model.asl.json
    Properties: {ContentUri: 'model_packager'}
    """

    assert stack_deployment.referenced_paths(template) == {
        "functions",
        "layers",
        "statemachine/deploy_model.asl.json",
        "model_packager",
    }


def test_missing_tool_says_what_to_do(tmp_path: Path) -> None:
    absent = tools.Tool("aws-sam-cli", "1.0", tmp_path, tmp_path / "bin" / "sam")

    with pytest.raises(tools.ToolMissing, match="make setup"):
        absent.require()


def test_tool_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lib" / "aws_sam_cli-0.9.dist-info").mkdir(parents=True)
    other = tools.Tool("aws-sam-cli", "1.0", tmp_path, tmp_path)

    with pytest.raises(tools.ToolMissing, match=r"holds 0\.9"):
        other.require()


def test_pins_and_tools_name_the_same_versions() -> None:
    for name, tool in {
        "ministack": tools.ministack(),
        "sam": tools.sam(),
        "triton": tools.triton(),
    }.items():
        pins = (tools.PROJECT_ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
        assert f"{tool.distribution}=={tool.version}" in pins
