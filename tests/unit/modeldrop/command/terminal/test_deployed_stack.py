"""The stack that a command uses, and the errors if it cannot be found."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modeldrop.command.terminal.deployed_stack import StackChoice, choosing_stack
from modeldrop.command.terminal.model_name import complete
from modeldrop.errors import UsageError
from tests.unit.modeldrop.command.cloudformation import described
from tests.unit.modeldrop.recorded import BUCKET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.modeldrop.account import Account

OUTPUTS = {
    "EndpointPrefix": "e",
    "ArtifactBucketName": BUCKET,
    "ResultTopicArn": "t",
    "DeployModelStateMachineArn": "d",
    "RetireModelStateMachineArn": "r",
}


@pytest.fixture
def _stacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Three stacks and credentials, without a Region, in a folder without samconfig.toml."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    named = {name: OUTPUTS | {"EndpointPrefix": name} for name in ("modeldrop", "vision", "live")}
    with described(named) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", url)
        yield


@pytest.mark.usefixtures("_stacks")
def test_option_then_samconfig_then_default(tmp_path: Path) -> None:
    assert StackChoice(region="us-east-1").find().prefix == "modeldrop"
    (tmp_path / "samconfig.toml").write_text(
        '[default.global.parameters]\nstack_name = "vision"\nregion = "eu-west-1"\n'
        '[prod.deploy.parameters]\nstack_name = "live"\nregion = "eu-north-1"\n'
    )
    found = StackChoice().find()
    assert (found.prefix, found.session.region_name) == ("vision", "eu-west-1")
    found = StackChoice(config_env="prod", region="us-west-2").find()
    assert (found.prefix, found.session.region_name) == ("live", "us-west-2")
    assert StackChoice(stack="modeldrop").find().prefix == "modeldrop"


@pytest.mark.usefixtures("_stacks")
def test_profile_of_samconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text(
        "[profile ops]\nregion = ap-south-1\naws_access_key_id = a\naws_secret_access_key = b\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    (tmp_path / "samconfig.toml").write_text('[default.deploy.parameters]\nprofile = "ops"\n')
    assert StackChoice().find().session.region_name == "ap-south-1"
    with pytest.raises(UsageError, match="nobody"):
        StackChoice(profile="nobody").find()


@pytest.mark.usefixtures("_stacks")
def test_missing_stack_names_the_region() -> None:
    with pytest.raises(UsageError) as caught:
        StackChoice(stack="gone", region="us-east-1").find()
    assert str(caught.value).startswith("No stack gone in us-east-1. Name the stack with")


@pytest.mark.usefixtures("_stacks")
def test_no_region_and_no_cloud_are_usage_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No AWS Region is set"):
        StackChoice().find()
    with pytest.raises(UsageError, match="modeldrop local up"):
        StackChoice(local=True, home=tmp_path).find()


def test_command_has_the_options_of_the_stack_choice() -> None:
    calls: list[object] = []

    @choosing_stack
    def command(chosen: StackChoice, name: str, count: int = 1) -> None:
        calls.extend((chosen, name, count))

    assert list(inspect.signature(command).parameters) == [
        *("name", "count", "stack", "config_env", "profile", "region", "local", "home")
    ]
    options = {**vars(StackChoice(stack="vision", local=True))}
    command(name="resnet", count=2, **options)
    assert calls == [StackChoice(stack="vision", local=True), "resnet", 2]


class Context:
    """The context of a shell's completion, with the options before the word."""

    def __init__(self, **params: object) -> None:
        self.params = params


def test_names_are_completed(account: Account) -> None:
    account.make("20260802T070000Z-0a1b2c3d", model="resnext")
    account.s3.put_object(Bucket=BUCKET, Key="_capture/x", Body=b"")
    account.s3.put_object(Bucket=BUCKET, Key="index.html", Body=b"")
    context = Context(stack=None, local=False, as_json=False)
    assert complete(context, "res") == ["resnet", "resnext"]  # type: ignore[arg-type]
    assert complete(context, "") == ["resnet", "resnext"]  # type: ignore[arg-type]
    assert complete(context, "x") == []  # type: ignore[arg-type]


def test_completion_is_silent_without_a_stack(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    nowhere = Context(stack="gone", local=True, home=tmp_path)
    assert complete(nowhere, "res") == []  # type: ignore[arg-type]
    assert complete(Context(), "res") == []  # type: ignore[arg-type]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("chosen", "options"),
    [
        (StackChoice(), ""),
        (StackChoice(stack="staging", region="eu-west-1"), " --stack staging --region eu-west-1"),
        (StackChoice(config_env="dev", profile="me"), " --config-env dev --profile me"),
        (StackChoice(local=True), " --local"),
        (StackChoice(local=True, home=Path("a home")), " --local --home 'a home'"),
    ],
)
def test_command_to_paste_uses_the_same_stack(chosen: StackChoice, options: str) -> None:
    assert chosen.command("watch", "cat") == f"modeldrop watch cat{options}"
