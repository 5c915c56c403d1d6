"""The output and exit codes of read-only commands for a stack on AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from modeldrop.command.app import app
from modeldrop.command.invoke import latency
from modeldrop.errors import UsageError
from modeldrop.live.invocation import InvocationFailed
from tests.unit.modeldrop.command.conftest import FUNCTION_LOGS
from tests.unit.modeldrop.conftest import REGION
from tests.unit.modeldrop.executions.test_last_executions import event
from tests.unit.modeldrop.recorded import MIDDLE, NEWEST

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from tests.unit.modeldrop.account import Account

CONTAINER = "/aws/sagemaker/Endpoints/modeldrop-resnet"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def start(account: Account, model: str) -> str:
    stepfunctions = account.session.client("stepfunctions")
    machine = stepfunctions.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    started = stepfunctions.start_execution(
        stateMachineArn=machine, input=event(f"{model}/model.pt")
    )
    return started["executionArn"]


def log(account: Account, group: str, *lines: str) -> None:
    logs = account.session.client("logs")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    now = int(datetime.now(UTC).timestamp() * 1000)
    events = [{"timestamp": now + number, "message": text} for number, text in enumerate(lines)]
    logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=events)  # type: ignore[arg-type]


def test_status_shows_the_live_version(account: Account) -> None:
    ended = run("status")
    assert (ended.exit_code, ended.stdout) == (0, "")
    first, second = (
        line for line in ended.stderr.splitlines() if "resnet" in line or MIDDLE in line
    )
    assert first.split()[:2] == ["resnet", "InService"]
    assert first.split()[-2:] == ["SUCCEEDED", "0"]
    assert second.split() == [MIDDLE, "1", "x", "ml.g4dn.xlarge"]


def test_status_shows_versions_whole_in_a_narrow_terminal(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    account.serve(NEWEST, "a-model-with-a-rather-long-name")
    shown = run("status").stderr
    for words in (MIDDLE, NEWEST, "InService", "SUCCEEDED"):
        assert words in shown
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_status_as_json(account: Account) -> None:
    start(account, "vgg")
    document = json.loads(run("status", "--json").stdout)
    resnet, vgg = document["models"]
    assert (resnet["model"], resnet["live"], resnet["last_result"]) == (
        "resnet",
        MIDDLE,
        "SUCCEEDED",
    )
    assert (resnet["endpoint_status"], resnet["requests_last_hour"]) == ("InService", 0)
    assert resnet["live_since"] == "2026-08-03T00:00:00+00:00"
    assert (vgg["model"], vgg["live"], vgg["last_result"]) == ("vgg", None, "RUNNING")
    assert vgg["last_execution"]["ended"] is None


def test_status_counts_errors(account: Account) -> None:
    for metric, values in (
        ("ModelLatency", [9.0] * 12),
        ("Invocation4XXErrors", [1.0] * 2),
        ("Invocation5XXErrors", [1.0]),
    ):
        account.count("modeldrop-resnet", metric, values)
    expected = "resnet: of 12 requests in the last hour, 1 got a 5XX response and 2 a 4XX response."
    assert expected in " ".join(run("status").stderr.split())
    [resnet] = json.loads(run("status", "--json").stdout)["models"]
    assert (resnet["server_errors_last_hour"], resnet["client_errors_last_hour"]) == (1, 2)


def test_status_of_a_model_in_a_pool_has_the_numbers_of_the_pool(account: Account) -> None:
    account.serve_pool("small", "dog", "fox")
    account.count("modeldrop-pool-small", "ModelLatency", [9.0] * 4)
    shown = " ".join(run("status").stderr.split())
    assert "Pool small (dog, fox): instances and requests are those of the whole pool." in shown
    dog = json.loads(run("status", "dog", "--json").stdout)["models"][0]
    assert (dog["pool"], dog["requests_last_hour"]) == ("small", 4)
    assert "Pool small (dog)" in run("status", "dog").stderr


def test_status_of_one_model(account: Account) -> None:
    start(account, "vgg")
    ended = run("status", "resnet", "--json")
    assert ended.exit_code == 0
    assert [each["model"] for each in json.loads(ended.stdout)["models"]] == ["resnet"]
    assert run("status", "vgg").exit_code == 1  # the model has no endpoint


def test_status_shows_a_version_under_test(account: Account) -> None:
    config = account.make(NEWEST)
    account.sagemaker.delete_endpoint(EndpointName="modeldrop-resnet")
    account.sagemaker.create_endpoint(EndpointName="modeldrop-resnet", EndpointConfigName=config)
    assert f"runs version {NEWEST}, which is under test" in run("status").stderr


REQUEST = (
    'I1129 08:46:40.967772 20085 infer_request.cc:132] "Setting state from EXECUTING to RELEASED"'
)
PING = 'I1129 08:46:40.967772 20085 sagemaker_server.cc:190] "SageMaker request: 0 /ping"'
KEPT = (
    'W1129 08:46:38.628971 20085 pinned_memory_manager.cc:273] "Unable to allocate"',
    'E1129 08:46:38.629180 20085 server.cc:241] "CudaDriverHelper has not been initialized."',
    "I1129 08:46:54.543864 20085 model_lifecycle.cc:839] \"successfully loaded 'resnet'\"",
    'I1129 08:46:54.544954 20085 sagemaker_server.cc:293] "Started Sagemaker HTTPService"',
    "| resnet | 1       | READY  |",
    "a line of the model's own code",
)


def test_log_is_without_lines_about_requests_unless_requested(account: Account) -> None:
    log(account, CONTAINER, *KEPT, REQUEST, PING)
    shown = run("logs", "resnet").stdout.splitlines()
    assert tuple(line.split("Z  ")[1] for line in shown) == KEPT
    assert len(run("logs", "resnet", "--all").stdout.splitlines()) == len(KEPT) + 2
    document = json.loads(run("logs", "resnet", "--json").stdout)
    assert tuple(each["text"] for each in document["lines"]) == KEPT
    assert len(json.loads(run("logs", "resnet", "--all", "--json").stdout)["lines"]) == 8


def test_logs_of_the_container_go_to_stdout(account: Account) -> None:
    log(account, CONTAINER, "loading", "READY")
    ended = run("logs", "resnet")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert [line.split("Z  ")[1] for line in ended.stdout.splitlines()] == ["loading", "READY"]
    document = json.loads(run("logs", "resnet", "--json").stdout)
    assert document["source"] == CONTAINER
    assert [each["text"] for each in document["lines"]] == ["loading", "READY"]


@pytest.mark.parametrize(
    "command",
    [
        "status resnt",
        "history resnt",
        "rollback resnt",
        "invoke resnt",
        "bench resnt",
        "snippet resnt",
        "report resnt",
        "watch resnt",
        "logs resnt",
        "logs resnt --deployment",
    ],
)
def test_unknown_model_has_a_similar_name_and_the_stack_in_its_fix(
    account: Account, command: str
) -> None:
    ended = run(*command.split(), "--region", REGION)
    assert isinstance(ended.exception, UsageError)
    assert ended.exception.fix == (
        f"Did you mean resnet? List the models with: modeldrop status --region {REGION}"
    )


def test_unknown_model_without_a_similar_name(account: Account) -> None:
    error = run("status", "nobody").exception
    assert str(error) == 'No model named "nobody". List the models with: modeldrop status'


def test_logs_that_are_not_there(account: Account) -> None:
    ended = run("logs", "resnet")
    assert isinstance(ended.exception, UsageError)
    assert f"No log group {CONTAINER}" in str(ended.exception)
    ended = run("logs", "vgg", "--deployment")
    assert "No recent deployment of vgg" in str(ended.exception)


def test_logs_of_the_last_deployment(account: Account) -> None:
    arn = start(account, "resnet")
    ours = json.dumps({"level": "WARNING", "message": "slow", "execution_arn": arn})
    log(account, FUNCTION_LOGS, "START RequestId: 1", ours, '{"message": "of another"}')
    ended = run("logs", "resnet", "--deployment")
    assert ended.exit_code == 0
    assert "WARNING  slow" in ended.stdout
    assert "START" not in ended.stdout
    assert "of another" not in ended.stdout


@pytest.mark.parametrize("option", ["--json", "--deployment"])
def test_following_excludes_json_and_deployment(account: Account, option: str) -> None:
    ended = run("logs", "resnet", "--follow", option)
    assert isinstance(ended.exception, UsageError)
    assert "--follow does not end" in str(ended.exception)


def test_invoke_without_a_live_version_or_a_file(account: Account, tmp_path: Path) -> None:
    for arguments, says in (
        (("vgg",), "vgg has no live version"),
        (("resnet", str(tmp_path / "gone.npy")), "No such file"),
        (("resnet", __file__), "Unsupported input"),
        (("resnet", "-o", str(tmp_path / "answer.txt")), "should end in .npz"),
        (("resnet", "-o", str(tmp_path / "gone" / "answer.npz")), "No such folder"),
    ):
        ended = run("invoke", *arguments)
        assert isinstance(ended.exception, UsageError), ended.output
        assert says in str(ended.exception)


def test_response_that_is_not_from_triton(account: Account) -> None:
    """moto's responses are not from Triton."""
    ended = run("invoke", "resnet")
    assert isinstance(ended.exception, InvocationFailed)
    assert "not in Triton's format" in str(ended.exception)


def test_latency() -> None:
    assert latency((60.0, *(float(ms) for ms in range(1, 49)), 46.504)) == {
        "first": 60.0,
        "p50": 25.0,
        "p95": 47.0,
        "min": 1.0,
        "max": 60.0,
    }


def test_latency_of_fewer_than_50_requests_has_no_percentile() -> None:
    assert latency((20.0, *(float(ms) for ms in range(1, 49))))["p95"] is None
