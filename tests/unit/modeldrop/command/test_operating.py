"""The operator's commands for a stack on AWS: prompts, executions, output and exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from model_packager.dtype import Dtype
from model_packager.names.artifact import record_key
from model_packager.signature import Signature, Tensor
from modeldrop.api.endpoint import Endpoint
from modeldrop.command.app import app
from modeldrop.command.delete import deleted_text
from modeldrop.command.sleep import asleep_text
from modeldrop.errors import UsageError
from modeldrop.executions.published import Published
from modeldrop.live.invocation import NotInService
from tests.unit.modeldrop.command.http_server import answering
from tests.unit.modeldrop.recorded import BUCKET, MIDDLE, NEWEST, OLDEST, keep, note_live, record

if TYPE_CHECKING:
    from typer.testing import Result

    from tests.unit.modeldrop.account import Account


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, arguments, input=answer)


def started(account: Account) -> list[dict[str, Any]]:
    stepfunctions = account.session.client("stepfunctions")
    machine = stepfunctions.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    listed = stepfunctions.list_executions(stateMachineArn=machine)["executions"]
    inputs = [
        stepfunctions.describe_execution(executionArn=each["executionArn"])["input"]
        for each in listed
    ]
    return [json.loads(each) for each in inputs]


def test_rollback_names_both_versions_and_asks_for_confirmation(account: Account) -> None:
    ended = run("rollback", "resnet", answer="n\n")
    assert ended.exit_code == 1
    assert f"Rolling back resnet: {MIDDLE} → {OLDEST}, deployed" in ended.stderr
    assert "Continue?" in ended.stderr
    assert started(account) == []


def test_rollback_says_that_the_model_changes_its_folder(account: Account) -> None:
    oldest = record(OLDEST)
    moved = {"source": oldest.source.model_copy(update={"key": "teamA/resnet/model.pt"})}
    keep(account.s3, oldest.model_copy(update=moved))
    ended = run("rollback", "resnet", answer="n\n")
    assert "only drops in teamA/resnet/ are accepted" in ended.stderr.replace("\n", " ")


def test_delete_names_the_dropped_object(account: Account) -> None:
    ended = run("delete", "resnet", answer="n\n")
    assert "Delete the endpoint of resnet (dropped as resnet/model.pt)" in ended.stderr


def test_deletion_is_shown_once() -> None:
    content = {"status": "RETIRED", "remaining": [], "removed": ["endpoint a"], "fix": "None."}
    published = Published("a was retired", "The mail: endpoint a", content)
    assert deleted_text(published) == "Removed endpoint a\nNone."
    failed = Published("a could not be retired", "The mail", {**content, "status": "FAILED"})
    assert deleted_text(failed) == "The mail"
    left = Published("a was retired", "The mail", {**content, "remaining": ["model a"]})
    assert deleted_text(left) == "The mail"


def test_wake_is_offered_only_for_a_model_that_is_asleep() -> None:
    content = {"status": "ASLEEP", "cause": "`modeldrop sleep` requested it."}
    published = Published("Subject", "The mail", content)
    text = asleep_text(published, "modeldrop wake resnet")
    assert text == "`modeldrop sleep` requested it.\nWake it with: modeldrop wake resnet"
    failed = Published("Subject", "The mail", {**content, "status": "FAILED"})
    assert asleep_text(failed, "modeldrop wake resnet") == "The mail"


def test_rollback_starts_the_workflow_with_the_event_of_the_drop(account: Account) -> None:
    ended = run("rollback", "resnet", "--no-wait", answer="y\n")
    assert ended.exit_code == 0
    assert "The deployment is running. Follow it with: modeldrop watch resnet" in ended.stderr
    [event] = started(account)
    assert event["restore"] == OLDEST
    assert event["detail"] == {
        "bucket": {"name": "drops"},
        "object": {"key": "resnet/model.pt", "etag": "abc", "version-id": "v1"},
    }


def test_rollback_as_json(account: Account) -> None:
    arguments = ("--to", OLDEST[:8], "--yes", "--no-wait", "--json")
    ended = run("rollback", "resnet", *arguments)
    document = json.loads(ended.stdout)
    assert (ended.exit_code, document["version"]) == (0, OLDEST)
    assert document["execution_arn"].startswith("arn:aws:states:")


def test_rollback_to_an_unknown_version_starts_nothing(account: Account) -> None:
    ended = run("rollback", "resnet", "--to", NEWEST, "--yes")
    assert isinstance(ended.exception, UsageError)
    assert f"Retained: {MIDDLE}, {OLDEST}." in str(ended.exception)
    assert started(account) == []


def test_endpoint_object_knows_whether_its_model_sleeps(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = record(MIDDLE)
    x = Tensor(name="x", dtype=Dtype.FP32, dims=(2,))
    signature = Signature(inputs=(x,), outputs=(x,), max_batch_size=8)
    servable = found.servable.model_copy(update={"signature": signature})
    keep(account.s3, found.model_copy(update={"servable": servable}))
    awake = Endpoint("resnet")
    account.put_to_sleep(MIDDLE)
    missing = b'{"__type": "ValidationError", "message": "Endpoint a of account 1 not found."}'
    with answering(lambda _: (400, missing)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", url)
        with pytest.raises(UsageError, match="resnet has been asleep since 2026-08-03"):
            awake([1, 2])
        asleep = Endpoint("resnet")
        note_live(account.s3, found)
        with pytest.raises(NotInService, match="The endpoint modeldrop-resnet is not in service"):
            asleep([1, 2])


def test_wake_deploys_the_version_that_went_to_sleep(account: Account) -> None:
    account.put_to_sleep(MIDDLE)
    ended = run("wake", "resnet", "--no-wait")
    assert ended.exit_code == 0
    assert "The deployment is running. Follow it with: modeldrop watch resnet" in ended.stderr
    assert [(each["restore"], each["wake"]) for each in started(account)] == [(MIDDLE, True)]


def test_model_that_is_awake_is_not_woken(account: Account) -> None:
    ended = run("wake", "resnet")
    assert isinstance(ended.exception, UsageError)
    assert "resnet is not asleep" in str(ended.exception)
    assert started(account) == []


def test_sleep_asks_first(account: Account) -> None:
    ended = run("sleep", "resnet", answer="n\n")
    assert ended.exit_code == 1
    assert "Delete the endpoint of resnet? Its versions stay" in ended.stderr


@pytest.mark.parametrize("command", ["invoke", "bench"])
def test_request_to_a_sleeping_model_says_so(account: Account, command: str) -> None:
    account.put_to_sleep(MIDDLE)
    ended = run(command, "resnet")
    assert isinstance(ended.exception, UsageError)
    assert "resnet has been asleep since 2026-08-03 19:00 UTC" in str(ended.exception)
    assert "modeldrop wake resnet" in str(ended.exception)


def test_snippet_of_a_sleeping_model_says_so(account: Account) -> None:
    account.put_to_sleep(MIDDLE)
    ended = run("snippet", "resnet")
    assert ended.exit_code == 0
    assert "resnet is asleep. The program works after: modeldrop wake resnet" in ended.stderr


def test_history_and_status_of_a_sleeping_model(account: Account) -> None:
    account.put_to_sleep(MIDDLE)
    shown = run("history", "resnet", "--region", "us-east-1").stderr
    assert "resnet has been asleep since 2026-08-03 19:00 UTC" in shown
    assert "Wake it with: modeldrop wake resnet --region us-east-1" in shown
    status = run("status", "resnet")
    assert status.exit_code == 0  # no model has failed
    assert "asleep" in status.stderr
    document = json.loads(run("status", "resnet", "--json").stdout)
    assert document["models"][0]["asleep_since"] == "2026-08-03T19:00:00+00:00"


def test_sleeping_model_has_no_orphans(account: Account) -> None:
    account.put_to_sleep(MIDDLE)
    assert run("orphans").exit_code == 0


def test_history_shows_every_version_whole(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ended = run("history", "resnet")
    assert (ended.exit_code, ended.stdout) == (0, "")
    rows = [line for line in ended.stderr.splitlines() if OLDEST in line or MIDDLE in line]
    assert [row.split() for row in rows] == [["live", MIDDLE], [OLDEST]]


def test_history_as_json(account: Account) -> None:
    document = json.loads(run("history", "resnet", "--json").stdout)
    assert (document["live"], document["serving"]) == (MIDDLE, MIDDLE)
    assert [each["version"] for each in document["versions"]] == [MIDDLE, OLDEST]
    assert document["versions"][0]["instance_type"] == "ml.g4dn.xlarge"
    assert document["versions"][0]["p50_ms"] == 23.4


def test_history_shows_a_version_that_has_not_passed(account: Account) -> None:
    account.s3.delete_object(Bucket=BUCKET, Key=record_key("resnet", MIDDLE))
    account.s3.delete_object(Bucket=BUCKET, Key="resnet/live.json")
    assert f"runs version {MIDDLE}, which is under test" in run("history", "resnet").stderr
    assert "vgg has no retained versions" in str(run("history", "vgg").exception)


def slower(account: Account) -> None:
    """Make the live version slower than the previous one."""
    live = record(MIDDLE, number=2)
    smoke = live.smoke.model_copy(update={"p50_ms": 104.0})
    keep(account.s3, live.model_copy(update={"smoke": smoke}))
    keep(account.s3, record(OLDEST, number=1))


def test_diff_shows_what_differs(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    slower(account)
    ended = run("diff", "resnet", "v1", "v2")
    assert (ended.exit_code, ended.stdout) == (0, "")
    assert ended.stderr.splitlines() == [
        f"resnet: v1 ({OLDEST}) → v2 ({MIDDLE})",
        "",
        "Latency",
        "  median  23.4 ms → 104 ms",
    ]
    assert "of both versions agree" in run("diff", "resnet", "v2", "v2").stderr


def test_diff_as_json(account: Account) -> None:
    slower(account)
    document = json.loads(run("diff", "resnet", OLDEST, "v2", "--json").stdout)
    assert document == {
        "model": "resnet",
        "old": {"version": OLDEST, "label": "v1"},
        "new": {"version": MIDDLE, "label": "v2"},
        "differences": [
            {"section": "Latency", "name": "median", "old": "23.4 ms", "new": "104 ms"}
        ],
    }


def test_diff_of_a_version_that_is_not_there(account: Account) -> None:
    assert "resnet has no version v9" in str(run("diff", "resnet", "v9", "v2").exception)


def test_diff_has_the_sizes_of_the_dropped_objects(account: Account) -> None:
    account.s3.create_bucket(Bucket="drops")
    account.s3.put_bucket_versioning(Bucket="drops", VersioningConfiguration={"Status": "Enabled"})
    for version, size in ((OLDEST, 5), (MIDDLE, 7000)):
        put = account.s3.put_object(Bucket="drops", Key="resnet/model.pt", Body=b"x" * size)
        keep(account.s3, record(version, version_id=put["VersionId"]))
    ended = run("diff", "resnet", OLDEST, MIDDLE)
    assert "size  5 bytes → 7,000 bytes" in ended.stderr


def test_no_orphans(account: Account) -> None:
    ended = run("orphans")
    assert (ended.exit_code, ended.stdout) == (0, "")
    assert "No orphans." in ended.stderr


def test_orphans_are_reported_and_stay(account: Account) -> None:
    name = account.make(NEWEST)
    before = account.left()
    ended = run("orphans", "--json")
    assert ended.exit_code == 1
    document = json.loads(ended.stdout)
    assert [(each["kind"], each["name"]) for each in document["orphans"]] == [
        ("endpoint config", name),
        ("model", name),
        ("files", f"resnet/{NEWEST}"),
    ]
    assert "No endpoint uses it, and it never went live." in ended.stderr
    assert account.left() == before


def test_orphans_are_removed_only_after_confirmation(account: Account) -> None:
    sound = account.left()
    account.make(NEWEST)
    before = account.left()
    assert run("orphans", "--delete", answer="n\n").exit_code == 1
    assert account.left() == before
    assert run("orphans", "--delete", answer="y\n").exit_code == 0
    assert account.left() == sound


def test_log_group_alone_is_listed_but_not_counted(account: Account) -> None:
    group = "/aws/sagemaker/Endpoints/modeldrop-vgg"
    account.session.client("logs").create_log_group(logGroupName=group)
    ended = run("orphans", "--delete")
    assert ended.exit_code == 0
    assert f"log group {group} (--delete keeps it)" in ended.stderr


def test_foreign_stack_is_a_usage_error(account: Account) -> None:
    for command in (("orphans",), ("history", "resnet"), ("rollback", "resnet")):
        ended = run(*command, "--stack", "other")
        assert isinstance(ended.exception, UsageError)
        assert "is not a Modeldrop stack" in str(ended.exception)
