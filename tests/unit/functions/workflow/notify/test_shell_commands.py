from __future__ import annotations

import shlex

import pytest
from hypothesis import given

from tests.unit.functions.given import EXECUTION, source
from tests.unit.functions.workflow.letters import hostile
from workflow.notify.shell_commands import (
    drop_again,
    drop_as_it_is,
    fetch,
    modeldrop,
    of_model,
    rename,
)

MACHINE = "arn:aws:states:us-east-1:123456789012:execution:{}:first"
RESNET = source("abc", "team/resnet/model.onnx")


@pytest.mark.parametrize(
    ("machine", "command"),
    [
        ("modeldrop-deploy-model", "modeldrop status resnet"),
        ("staging-deploy-model", "modeldrop status resnet --stack staging"),
        ("staging-retire-model", "modeldrop status resnet --stack staging"),
        ("by-hand", "modeldrop status resnet"),
    ],
)
def test_command_names_the_stack_where_it_must(machine: str, command: str) -> None:
    assert modeldrop(MACHINE.format(machine), "status", "resnet") == command


def test_commands_of_a_drop() -> None:
    uri = "s3://drops/team/resnet/model.onnx"
    assert drop_again(RESNET) == (f"aws s3 cp model.onnx {uri}",)
    assert drop_as_it_is(RESNET) == (f"aws s3 cp {uri} {uri} --metadata-directive REPLACE",)
    assert fetch(RESNET, "deploy.yaml") == ("aws s3 cp s3://drops/team/resnet/deploy.yaml .",)
    assert rename(RESNET) == (f"aws s3 mv {uri} s3://drops/NAME/model.onnx",)
    assert drop_again(source("abc", "model.pt")) == ("aws s3 cp model.pt s3://drops/model.pt",)


def test_name_that_is_none_is_in_no_command() -> None:
    assert of_model(EXECUTION, "$(reboot)", "status") == ()


@given(hostile)
def test_hostile_key_stays_one_word_or_is_in_no_command(folder: str) -> None:
    key = f"{folder}/model.pt"
    for command in (*drop_again(source("abc", key)), *drop_as_it_is(source("abc", key))):
        assert command.isprintable()
        assert f"s3://drops/{key}" in shlex.split(command)


def test_key_that_cannot_be_printed_is_in_no_command() -> None:
    assert drop_again(source("abc", "a\nrm -rf ~\n/model.pt")) == ()
