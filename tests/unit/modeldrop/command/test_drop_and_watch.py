"""`drop` and `watch` for a stack on AWS, without a deployment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from typer.testing import CliRunner

from modeldrop.command.app import app
from modeldrop.command.drop import UploadInterrupted, upload_failed
from modeldrop.errors import UsageError
from tests.unit.modeldrop.command.cloudformation import described
from tests.unit.modeldrop.command.terminal_screen import screen_of
from tests.unit.modeldrop.command.test_screens import command
from tests.unit.modeldrop.conftest import REGION
from tests.unit.modeldrop.recorded import BUCKET, NEWEST, ROLE, note_live, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boto3 import Session
    from mypy_boto3_s3 import S3Client
    from typer.testing import Result

DROPS = "drops"


@pytest.fixture
def outputs(session: Session) -> dict[str, str]:
    """The outputs of a stack on AWS, where nothing starts the deploy workflow."""
    session.client("s3").create_bucket(Bucket=DROPS)
    session.client("s3").create_bucket(Bucket=BUCKET)
    machine = session.client("stepfunctions").create_state_machine(
        name="modeldrop-deploy-model", definition='{"StartAt": "A"}', roleArn=ROLE
    )["stateMachineArn"]
    return {
        "EndpointPrefix": "modeldrop",
        "DropBucketName": DROPS,
        "ArtifactBucketName": BUCKET,
        "ResultTopicArn": "unused",
        "DeployModelStateMachineArn": machine,
        "RetireModelStateMachineArn": "unused",
    }


@pytest.fixture
def machine(outputs: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The deploy workflow of that stack."""
    with described({"modeldrop": outputs}) as url:
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", url)
        yield outputs["DeployModelStateMachineArn"]


@pytest.fixture
def s3(session: Session, machine: str) -> S3Client:
    return session.client("s3")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def start(session: Session, machine: str, key: str, etag: str = "") -> str:
    event = {"detail": {"bucket": {"name": DROPS}, "object": {"key": key, "etag": etag}}}
    return session.client("stepfunctions").start_execution(
        stateMachineArn=machine, input=json.dumps(event)
    )["executionArn"]


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "No."}}, "PutObject")


@pytest.mark.parametrize("wrong", ["model", "spec", "sample"])
def test_what_the_pipeline_would_refuse_is_never_uploaded(
    s3: S3Client, model: Path, wrong: str
) -> None:
    if wrong == "model":
        model.write_bytes(b"<html>404</html>")
    elif wrong == "spec":
        model.with_name("deploy.yaml").write_text("max_batch_sise: 4")
    else:
        model.with_name("sample").mkdir()
        model.with_name("sample").joinpath("input.gif").write_bytes(b"GIF")
    ended = run("drop", model, "--json")
    assert ended.exit_code == 2
    result = json.loads(ended.stdout)
    assert result["accepted"] is False
    assert result["cause"]
    assert result["fix"]
    assert s3.list_objects_v2(Bucket=DROPS)["KeyCount"] == 0


@pytest.mark.parametrize(
    ("spec", "parameter", "cause"),
    [
        ("container: {network_isolation: false}", ("AllowNetworkAccess", "false"), "no network"),
        ("instance_group: {kind: KIND_GPU}", ("InstanceType", "ml.c5.large"), "no GPU"),
        ("{}", ("TritonRelease", "19.01"), "19.01"),
        ("endpoint: {instance_count: 2}", ("MaxInstances", "1"), "MaxInstances of the stack is 1"),
        ("{}", ("AllowedInstanceTypes", "ml.c5.large"), "does not allow the instance type"),
    ],
)
def test_what_the_stacks_own_parameters_refuse_is_never_uploaded(
    s3: S3Client,
    outputs: dict[str, str],
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
    spec: str,
    parameter: tuple[str, str],
    cause: str,
) -> None:
    model.with_name("deploy.yaml").write_text(spec)
    with described({"modeldrop": outputs}, **dict([parameter])) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", url)
        ended = run("drop", model, "--json")
    assert ended.exit_code == 2
    assert cause in json.loads(ended.stdout)["cause"]
    assert s3.list_objects_v2(Bucket=DROPS)["KeyCount"] == 0


def test_drop_in_another_folder_than_the_live_version_is_never_uploaded(
    s3: S3Client, model: Path
) -> None:
    note_live(s3, record(NEWEST))  # of resnet/model.pt
    ended = run("drop", model, "--prefix", "teamB", "--json")
    assert ended.exit_code == 2
    result = json.loads(ended.stdout)
    assert "was dropped in the folder resnet/" in result["cause"]
    assert "leave out --prefix" in result["fix"]
    assert s3.list_objects_v2(Bucket=DROPS)["KeyCount"] == 0


def test_drop_with_a_prefix_goes_to_that_folder(
    session: Session, machine: str, s3: S3Client, model: Path
) -> None:
    note_live(s3, record(NEWEST))
    model.with_name("deploy.yaml").write_text("move_from: resnet")
    key = "teams/vision/resnet/model.pt"
    s3.put_object(Bucket=DROPS, Key=key, Body=model.read_bytes())
    etag = s3.head_object(Bucket=DROPS, Key=key)["ETag"].strip('"')
    start(session, machine, key, etag)  # as EventBridge does for the object
    ended = run("drop", model, "--prefix", "/teams/vision/", "--detach", "--json")
    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.stdout)["key"] == key


def test_drop_is_uploaded_and_left_to_itself(
    session: Session, machine: str, s3: S3Client, model: Path
) -> None:
    s3.put_object(Bucket=DROPS, Key="resnet/model.pt", Body=model.read_bytes())
    etag = s3.head_object(Bucket=DROPS, Key="resnet/model.pt")["ETag"].strip('"')
    arn = start(session, machine, "resnet/model.pt", etag)  # as EventBridge does for the object
    model.with_name("labels.txt").write_text("cat\ndog\n")
    ended = run("drop", model, "--detach", "--json")
    assert ended.exit_code == 0, ended.stderr
    result = json.loads(ended.stdout)
    assert (result["execution_arn"], result["status"], result["etag"]) == (arn, "RUNNING", etag)
    assert result["resume_command"] == "modeldrop watch resnet"
    assert "Also uploading: labels.txt" in ended.stderr
    assert "Uploaded resnet/model.pt" in ended.stderr
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=DROPS)["Contents"]]
    assert keys == ["resnet/labels.txt", "resnet/model.pt"]


def test_new_name_is_announced_with_a_similar_live_one(
    session: Session, machine: str, s3: S3Client, model: Path
) -> None:
    note_live(s3, record(NEWEST, "resnot"))
    s3.put_object(Bucket=DROPS, Key="resnet/model.pt", Body=model.read_bytes())
    etag = s3.head_object(Bucket=DROPS, Key="resnet/model.pt")["ETag"].strip('"')
    start(session, machine, "resnet/model.pt", etag)  # as EventBridge does for the object
    ended = run("drop", model.parent, "--detach")
    assert ended.exit_code == 0, ended.output
    shown = " ".join(ended.stderr.split())
    assert "resnet is a new name, and resnot is live. Did you mean resnot?" in shown
    assert "New endpoint modeldrop-resnet on 1 x ml.g4dn.xlarge Uploaded" in shown


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded")
def test_new_name_similar_to_a_live_one_needs_an_answer_on_a_terminal(
    s3: S3Client, model: Path
) -> None:
    note_live(s3, record(NEWEST, "resnot"))
    screen = screen_of(command("drop", str(model)), 200, b"n\n")
    assert "Aborted: not confirmed. --yes skips the question." in screen
    assert "Uploaded" not in screen


def test_new_endpoint_has_a_price_if_the_stack_knows_one(
    session: Session,
    machine: str,
    outputs: dict[str, str],
    s3: S3Client,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    s3.put_object(Bucket=DROPS, Key="resnet/model.pt", Body=model.read_bytes())
    etag = s3.head_object(Bucket=DROPS, Key="resnet/model.pt")["ETag"].strip('"')
    start(session, machine, "resnet/model.pt", etag)
    with described({"modeldrop": outputs}, HourlyPrices="ml.g4dn.xlarge=0.736") as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", url)
        shown = " ".join(run("drop", model, "--detach").stderr.split())
    assert "on 1 x ml.g4dn.xlarge, 0.736 USD an hour (HourlyPrices)" in shown


def test_watch_of_an_execution_that_was_stopped(session: Session, machine: str) -> None:
    arn = start(session, machine, "resnet/model.pt")
    session.client("stepfunctions").stop_execution(executionArn=arn)
    ended = run("watch", "resnet", "--json")
    assert ended.exit_code == 1, ended.stderr
    result: dict[str, Any] = json.loads(ended.stdout)
    assert (result["status"], result["execution_arn"]) == ("ABORTED", arn)
    assert "No deployment of resnet is running. The last one ended at 20" in ended.stderr


def test_watch_of_nothing(machine: str) -> None:
    ended = run("watch", "resnet")
    assert isinstance(ended.exception, UsageError)
    assert "No deployment of resnet among the last 200 executions." in str(ended.exception)


@pytest.mark.parametrize(
    ("code", "words"),
    [("AccessDenied", "You may not write to s3://drops"), ("NoSuchBucket", "sam deploy")],
)
def test_rejected_upload_has_a_fix(code: str, words: str) -> None:
    error = upload_failed(refused(code), DROPS)
    assert isinstance(error, UsageError)
    assert words in str(error)


def test_interrupted_upload_can_be_resumed() -> None:
    for error in (ConnectionClosedError(endpoint_url="https://s3"), refused("SlowDown")):
        result = upload_failed(error, DROPS)
        assert isinstance(result, UploadInterrupted)
        assert "Run the same command again" in str(result)
    other = refused("ExpiredToken")
    assert upload_failed(other, DROPS) is other
