"""Checks the recipes as far as possible without GitHub, Terraform and an AWS account."""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.consistency.asl import ROOT
from tests.consistency.test_documented_commands import leaf

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "recipes.md").read_text()
WORKFLOW: Any = yaml.safe_load((ROOT / "examples/github-actions/drop.yaml").read_text())
JOB = WORKFLOW["jobs"]["drop"]
SCRIPTS = {each["name"]: each["run"] for each in JOB["steps"] if "run" in each}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)


def test_workflow_gets_credentials_by_oidc_and_may_do_nothing_else() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read", "id-token": "write"}
    uses = [each["uses"] for each in JOB["steps"] if "uses" in each]
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+@v\d+", each) for each in uses)
    assert "secrets." not in json.dumps(WORKFLOW)
    assert JOB["environment"] == "${{ matrix.environment }}"


def test_accounts_are_deployed_in_order() -> None:
    strategy = JOB["strategy"]
    assert (strategy["max-parallel"], strategy["matrix"]["environment"]) == (1, ["dev", "prod"])
    assert strategy.get("fail-fast", True)


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_contains_input_of_a_person(name: str) -> None:
    """GitHub inserts expressions into scripts as text, so a branch name could be code."""
    assert set(re.findall(r"\$\{\{ (\w+)\.", SCRIPTS[name])) <= {"vars"}
    subprocess.run(["bash", "-n", "-c", SCRIPTS[name]], check=True)


def test_drop_step_drops_each_model(tmp_path: Path) -> None:
    program = tmp_path / "modeldrop"
    program.write_text('#!/bin/sh\nprintf "%s " "$@" >> called; echo >> called\n')
    program.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "NAMES": "cat dog"}
    command = ["bash", "-e", "-c", SCRIPTS["Drop"]]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    called = (tmp_path / "called").read_text().splitlines()
    assert [line.split()[:2] for line in called] == [["drop", "models/cat"], ["drop", "models/dog"]]
    for line in called:
        subcommand, arguments = leaf(shlex.split(line))
        subcommand.make_context("drop", arguments)


@pytest.mark.slow
def test_models_that_a_push_changed_are_found(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        done = subprocess.run(
            ["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    git("init", "--quiet")
    commits: list[str] = []
    for name in ("cat", "dog", "cat"):
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.pt").write_text(f"{len(commits)}")
        git("add", ".")
        git("commit", "--quiet", "--message", name)
        commits.append(git("rev-parse", "HEAD"))

    def found(**environment: str) -> str:
        output = tmp_path / "output"
        output.write_text("")
        subprocess.run(
            ["bash", "-e", "-c", SCRIPTS["Find the models that changed"]],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "GITHUB_OUTPUT": str(output), **environment},
            check=True,
        )
        return output.read_text().strip()

    assert found(MODEL="", BEFORE=commits[1]) == "names=cat"
    assert found(MODEL="", BEFORE=commits[0]) == "names=cat dog"
    assert found(MODEL="", BEFORE="0" * 40) == "names=cat dog"  # the first push of a branch
    assert found(MODEL="dog", BEFORE=commits[1]) == "names=dog"


def test_role_is_for_one_repository_and_environment() -> None:
    [policy] = [json.loads(each) for each in blocks("json")]
    [statement] = policy["Statement"]
    issuer = "token.actions.githubusercontent.com"
    assert statement["Condition"]["StringEquals"] == {
        f"{issuer}:aud": "sts.amazonaws.com",
        f"{issuer}:sub": "repo:OWNER/REPOSITORY:environment:dev",
    }


def test_python_is_valid() -> None:
    assert len([ast.parse(each) for each in blocks("python")]) == 2


def test_terraform_accepts_what_the_template_needs() -> None:
    deployed = (ROOT / "samconfig.toml").read_text()
    [terraform] = blocks("hcl")
    for capability in re.findall(r"CAPABILITY_\w+", deployed):
        assert capability in terraform
    parameters = re.findall(r"^    (\w+) = ", terraform, re.M)
    template = (ROOT / "template.yaml").read_text()
    assert all(re.search(rf"^  {each}:$", template, re.M) for each in parameters)
