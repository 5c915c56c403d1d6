"""GitHub's workflows run known actions, on the Python versions that pyproject.toml lists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yaml"))
USES = re.compile(r"uses: (.*)")
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def actions(workflow: Path) -> list[str]:
    return USES.findall(workflow.read_text())


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda each: each.name)
def test_actions_have_a_commit_and_its_version(workflow: Path) -> None:
    """A tag can move to other code, which would run with the permissions of the job."""
    found = actions(workflow)
    assert found
    assert [each for each in found if not PINNED.fullmatch(each)] == []


def test_an_action_has_one_version() -> None:
    used = {each for workflow in WORKFLOWS for each in actions(workflow)}
    names = [each.partition("@")[0] for each in used]
    assert sorted(names) == sorted(set(names))


def test_fast_tests_run_on_every_supported_python() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    prefix = "Programming Language :: Python :: 3."
    supported = [
        each.removeprefix("Programming Language :: Python :: ")
        for each in project["classifiers"]
        if each.startswith(prefix)
    ]
    workflow = yaml.safe_load((ROOT / ".github/workflows/check.yaml").read_text())
    assert workflow["jobs"]["unit"]["strategy"]["matrix"]["python"] == supported
