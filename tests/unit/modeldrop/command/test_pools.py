"""The output of `plan` and `drop` about the pool of a drop, before the upload."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from model_packager.rejection import SpecRejected
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.hosting_spec import Endpoint
from model_packager.spec.triton_spec import InstanceGroup
from modeldrop.command.app import app
from modeldrop.errors import UsageError
from modeldrop.local.sagemaker.api.request_validation import checked_request
from tests.unit.modeldrop.account import Account
from tests.unit.modeldrop.command.cloudformation import described
from tests.unit.modeldrop.command.http_server import answering
from tests.unit.modeldrop.conftest import REGION
from tests.unit.modeldrop.recorded import BUCKET, PREFIX, ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from boto3 import Session
    from typer.testing import Result

DROPS = "drops"
HOSTING = "hosting: {mode: pool, pool: small}\n"
RUNS = "small runs 1 x ml.g4dn.xlarge with Triton 26.05 for dog, fox."
CHANGES = ["CreateModel", "CreateEndpointConfig", "CreateEndpoint", "CreateEndpointConfig"]
CREATES, UPDATES = CHANGES[:3], [*CHANGES, "UpdateEndpoint"]


@pytest.fixture
def outputs(session: Session) -> dict[str, str]:
    session.client("s3").create_bucket(Bucket=DROPS)
    machine = session.client("stepfunctions").create_state_machine(
        name="modeldrop-deploy-model", definition='{"StartAt": "A"}', roleArn=ROLE
    )["stateMachineArn"]
    return {
        "EndpointPrefix": PREFIX,
        "DropBucketName": DROPS,
        "ArtifactBucketName": BUCKET,
        "ResultTopicArn": "unused",
        "DeployModelStateMachineArn": machine,
        "RetireModelStateMachineArn": "unused",
    }


@pytest.fixture
def account(
    session: Session, outputs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Account]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with described({"modeldrop": outputs}) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", url)
        yield Account(session)


@pytest.fixture
def pool(account: Account) -> Account:
    account.serve_pool("small", "dog", "fox")
    return account


def run(command: str, model: Path, *options: str, spec: str = "") -> Result:
    model.with_name("deploy.yaml").write_text(HOSTING + spec)
    return CliRunner().invoke(app, [command, str(model), "--name", "resnet", *options])


def shown(ended: Result) -> str:
    return " ".join(ended.stderr.split())


def planned(ended: Result) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(ended.stdout)
    for each in document["requests"]:
        assert checked_request(each["operation"], each["parameters"]) == each["parameters"]
    return document


def operations(document: dict[str, Any]) -> list[str]:
    return [each["operation"] for each in document["requests"]]


def test_offline_plan_says_what_would_happen_to_the_pool(model: Path) -> None:
    kept = run("plan", model)
    assert "If small exists, it keeps its instances." in shown(kept)
    assert "add --live" in shown(kept)
    changed = run("plan", model, spec="endpoint: {instance_count: 3}")
    assert "If small exists with another endpoint.instance_count, this drop changes" in shown(
        changed
    )
    document = planned(run("plan", model, "--json"))
    assert operations(document) == [*CREATES, *UPDATES]
    assert [each["when"].startswith("the pool small exists,") for each in document["requests"]] == [
        *[False] * len(CREATES),
        *[True] * len(UPDATES),
    ]


def test_options_of_a_deployed_stack_need_live(model: Path) -> None:
    assert isinstance(run("plan", model, "--stack", "other").exception, UsageError)


def test_plan_of_a_new_pool(account: Account, model: Path) -> None:
    assert "small does not exist: this drop creates it." in shown(run("plan", model, "--live"))
    document = planned(run("plan", model, "--live", "--json"))
    assert (operations(document), document["pool"]["exists"]) == (CREATES, False)


def test_plan_of_a_drop_that_keeps_the_pool(pool: Account, model: Path) -> None:
    assert f"{RUNS} This drop starts no instance." in shown(run("plan", model, "--live"))
    document = planned(run("plan", model, "--live", "--json"))
    assert (operations(document), document["pool"]["models"]) == ([], ["dog", "fox"])


def test_plan_of_a_drop_that_changes_the_pool(pool: Account, model: Path) -> None:
    one = DeploySpec(endpoint=Endpoint(instance_count=1))
    pool.join_pool("small", "fox", one)
    pool.join_pool("small", "resnet", one)  # the version that the drop replaces
    spec = "endpoint: {instance_count: 3}\n"
    text = shown(run("plan", model, "--live", spec=spec))
    assert (
        "small runs 1 x ml.g4dn.xlarge with Triton 26.05 for dog, fox, resnet. This drop changes "
        "it to 3 x ml.g4dn.xlarge with Triton 26.05. First, all its live models are tested"
    ) in text
    assert text.count("deploy.yaml of fox sets other instances; the last drop decides.") == 1
    assert "runs on 3 x ml.g4dn.xlarge" in text
    document = planned(run("plan", model, "--live", "--json", spec=spec))
    assert operations(document) == UPDATES
    names = [each["parameters"].get("EndpointConfigName") for each in document["requests"]]
    assert set(names) == {None, "modeldrop-pool-small--2"}
    counts = [
        each["parameters"]["ProductionVariants"][0]["InitialInstanceCount"]
        for each in document["requests"]
        if each["operation"] == "CreateEndpointConfig"
    ]
    assert counts == [1, 3]
    untested = f"{spec}rollout: {{staging: false}}"
    document = planned(run("plan", model, "--live", "--json", spec=untested))
    assert operations(document) == [*CHANGES[:2], "UpdateEndpoint"]
    assert "staging" not in document["pool"]["text"]


def test_plan_refuses_a_pool_above_the_limits(
    pool: Account, model: Path, outputs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = {"AllowedInstanceTypes": "ml.m5.large", "InstanceType": "ml.m5.large"}
    with described({"modeldrop": outputs}, **limits) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", url)
        ended = run("plan", model, "--live")
    assert isinstance(ended.exception, SpecRejected)
    assert "The pool small runs on ml.g4dn.xlarge" in ended.exception.cause


def test_drop_into_a_full_pool_is_never_uploaded(account: Account, model: Path) -> None:
    """Each of the 256 copies of fox has its weights in memory, but there are only 4 GiB."""
    account.serve_pool("small", "dog", instance_type="ml.c5.large")
    spec = DeploySpec(instance_group=InstanceGroup(count=256))
    account.join_pool("small", "fox", spec, size=17 * 1024**2)
    for command in (["drop", "--detach", "--json"], ["plan", "--live", "--json"]):
        ended = run(command[0], model, *command[1:])
        assert (ended.exit_code, "The pool small is full" in ended.stdout) == (2, True)
    assert "Contents" not in account.s3.list_objects_v2(Bucket=DROPS)


def start_its_execution(account: Account, machine: str, model: Path) -> None:
    """Start the execution like EventBridge, so that `drop` finds it."""
    key = "resnet/model.pt"
    etag = account.s3.put_object(Bucket=DROPS, Key=key, Body=model.read_bytes())["ETag"].strip('"')
    event = {"detail": {"bucket": {"name": DROPS}, "object": {"key": key, "etag": etag}}}
    account.session.client("stepfunctions").start_execution(
        stateMachineArn=machine, input=json.dumps(event)
    )


def test_drop_says_what_it_changes(pool: Account, model: Path, outputs: dict[str, str]) -> None:
    start_its_execution(pool, outputs["DeployModelStateMachineArn"], model)
    ended = run("drop", model, "--detach", spec="endpoint: {instance_count: 2}")
    assert ended.exit_code == 0, ended.output
    assert f"{RUNS} This drop changes it to 2 x ml.g4dn.xlarge" in shown(ended)
    assert "The pool's endpoint" not in shown(ended)  # the pool is not new


def test_user_who_may_not_read_the_pool_may_drop(
    pool: Account, model: Path, outputs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start_its_execution(pool, outputs["DeployModelStateMachineArn"], model)
    refusal = b'{"__type": "AccessDeniedException", "message": "No."}'
    with answering(lambda _: (400, refusal)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", url)
        ended = run("drop", model, "--detach")
    assert ended.exit_code == 0, ended.output
    assert "small" in shown(ended)
