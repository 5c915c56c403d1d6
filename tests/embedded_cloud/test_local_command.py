"""`modeldrop local` on a running cloud, and the commands on its page."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from modeldrop.command.app import app
from modeldrop.errors import UsageError
from modeldrop.local import tools
from modeldrop.local.cloud_state import EmbeddedCloud
from tests.embedded_cloud.user_shell import bash
from tests.waiting import eventually
from tests.workflow.command import COMMAND
from tests.workflow.models import save, traced_scale

RUNNER = CliRunner()


def local(home: Path, *words: str, code: int = 0) -> str:
    done = RUNNER.invoke(app, ["local", *words, "--home", str(home)])
    assert done.exit_code == code, done.output
    return done.stdout


def test_status_for_programs(embedded: EmbeddedCloud, double: Path) -> None:
    seen = json.loads(local(embedded.home, "status", "--json"))

    [model] = [each for each in seen["models"] if each["model"] == "double"]
    [triton] = model["tritonservers"]
    assert seen["up"] is True
    assert model["status"] == "InService"
    assert model["endpoint"] == "modeldrop-double"
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{8}", model["version"])
    assert triton["memory_bytes"] > 50_000_000, "it holds torch"
    assert "double" in Path(triton["log"]).read_text()
    assert {each["name"] for each in seen["processes"]} == {"MiniStack", "SageMaker"}
    assert all(Path(each["log"]).exists() for each in seen["processes"])
    assert {"double": "SUCCEEDED"}.items() <= {
        each["model"]: each["status"] for each in seen["deployments"]
    }.items()


def test_status_for_people(embedded: EmbeddedCloud, double: Path) -> None:
    words = ["local", "status", "--home", str(embedded.home)]
    result = subprocess.run([COMMAND, *words], capture_output=True, text=True, check=True)

    assert result.stdout == ""
    for text in ("MiniStack", "double", "InService", "SUCCEEDED", embedded.aws_url):
        assert text in result.stderr


def test_inbox_lists_what_was_sent_and_shows_the_newest(
    embedded: EmbeddedCloud, double: Path
) -> None:
    received = json.loads(local(embedded.home, "inbox", "double", "--json"))
    assert {each["model"] for each in received} == {"double"}
    assert received == sorted(received, key=lambda each: each["at"], reverse=True)
    assert received[-1]["subject"] == "SUCCEEDED: double is live"
    assert received[-1]["content"]["status"] == "SUCCEEDED"

    listed = RUNNER.invoke(app, ["local", "inbox", "--home", str(embedded.home)])
    assert "SUCCEEDED: double is live (" in listed.stderr
    words = ["local", "inbox", "double", "--show", "1", "--home", str(embedded.home)]
    shown = RUNNER.invoke(app, words)
    assert f"Subject: {received[0]['subject']}" in shown.stderr
    assert received[0]["text"] in shown.stderr


def test_inbox_has_the_message_about_an_execution_that_was_stopped(embedded: EmbeddedCloud) -> None:
    dropped = {"bucket": {"name": "drops"}, "object": {"key": "stopped/model.pt"}}
    stepfunctions = embedded.session().client("stepfunctions")
    started = stepfunctions.start_execution(
        stateMachineArn=embedded.output("DeployModelStateMachineArn"),
        input=json.dumps({"detail": dropped}),
    )
    stepfunctions.stop_execution(executionArn=started["executionArn"])

    def received() -> Any:
        return json.loads(local(embedded.home, "inbox", "stopped", "--json"))

    assert eventually(lambda: bool(received()), 60)
    [message] = received()
    assert message["subject"] == "FAILED: the deployment of stopped ended without a result"
    assert "Someone stopped" in message["text"]
    assert message["content"]["execution_arn"] == started["executionArn"]


def test_inbox_without_that_number(embedded: EmbeddedCloud, double: Path) -> None:
    words = ["local", "inbox", "nope", "--show", "1", "--home", str(embedded.home)]
    assert "0 notifications" in str(RUNNER.invoke(app, words).exception)


def test_exports_for_programs_reach_it(
    embedded: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    exports = json.loads(local(embedded.home, "env", "--json"))
    for name in exports["unset"]:
        monkeypatch.delenv(name)
    for name, value in exports["environment"].items():
        monkeypatch.setenv(name, value)

    names = [each["Name"] for each in boto3.Session().client("s3").list_buckets()["Buckets"]]

    assert embedded.output("DropBucketName") in names


def test_log_is_printed(embedded: EmbeddedCloud) -> None:
    printed = local(embedded.home, "logs", "sam-deploy", "--lines", "3")

    log = (embedded.home / "logs/sam-deploy.log").read_text()
    assert printed.splitlines() == log.splitlines()[-3:]


def test_unknown_log_lists_the_known_ones(embedded: EmbeddedCloud) -> None:
    words = ["local", "logs", "nothing", "--home", str(embedded.home)]

    refused = RUNNER.invoke(app, words)

    assert isinstance(refused.exception, UsageError)
    assert "ministack" in str(refused.exception)


def test_command_without_a_region_names_the_cloud_that_runs(
    embedded: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # without samconfig.toml
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    words = ("status", "--home", str(embedded.home))
    error = RUNNER.invoke(app, words).exception
    assert isinstance(error, UsageError)
    assert error.cause == "No AWS Region is set."
    assert "add --local, or set MODELDROP_LOCAL=1" in error.fix
    monkeypatch.setenv("MODELDROP_LOCAL", "1")
    assert RUNNER.invoke(app, words).exit_code == 0


@pytest.mark.parametrize("command", ["status", "env"])
def test_no_cloud_is_running(tmp_path: Path, command: str) -> None:
    assert local(tmp_path, command, code=1) == ""


def test_commands_of_the_page(embedded: EmbeddedCloud, project: Path) -> None:
    page = (tools.PROJECT_ROOT / "docs/embedded-cloud.md").read_text()
    blocks = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    save(traced_scale(3), project / "model.pt")

    bash("\n".join(["set -x", *lines]), project, embedded.home)

    answer = json.loads((project / "answer.json").read_text())
    assert [each["data"] for each in answer["outputs"]] == [[3, 6]]
