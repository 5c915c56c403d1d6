from __future__ import annotations

import shlex

import pytest
from hypothesis import given

from tests.unit.functions.samples import EXECUTION, source
from tests.unit.functions.workflow.messages import hostile
from workflow.notify.shell_commands import (
    download,
    download_sample,
    fetch_spec,
    model_commands,
    modeldrop,
    redeploy,
    rename,
    upload,
    upload_sample,
    upload_spec,
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
def test_command_names_a_stack_other_than_the_default(machine: str, command: str) -> None:
    assert modeldrop(MACHINE.format(machine), "status", "resnet") == command


def test_commands_of_a_drop() -> None:
    uri = "s3://drops/team/resnet/model.onnx"
    assert upload(RESNET) == (f"aws s3 cp model.onnx {uri}",)
    assert redeploy(RESNET) == (f"aws s3 cp {uri} {uri} --metadata-directive REPLACE",)
    assert download(RESNET) == (f"aws s3 cp {uri} .",)
    assert rename(RESNET) == (f"aws s3 mv {uri} s3://drops/NAME/model.onnx",)
    assert upload(source("abc", "model.pt")) == ("aws s3 cp model.pt s3://drops/model.pt",)


def test_commands_of_files_next_to_the_model() -> None:
    folder = "s3://drops/team/resnet"
    assert fetch_spec(RESNET) == (f"aws s3 cp {folder}/deploy.yaml . || touch deploy.yaml",)
    assert upload_spec(RESNET) == (f"aws s3 cp deploy.yaml {folder}/deploy.yaml",)
    assert download_sample(RESNET) == (f"aws s3 cp --recursive {folder}/sample/ sample/",)
    assert upload_sample(RESNET) == (f"aws s3 cp --recursive sample/ {folder}/sample/",)
    bare = source("abc", "model.pt")
    assert upload_spec(bare) == ("aws s3 cp deploy.yaml s3://drops/deploy.yaml",)


def test_invalid_name_has_no_command() -> None:
    assert model_commands(EXECUTION, "$(reboot)", "status") == ()


@given(hostile)
def test_hostile_key_stays_one_word(folder: str) -> None:
    key = f"{folder}/model.pt"
    for command in (*upload(source("abc", key)), *redeploy(source("abc", key))):
        assert command.isprintable()
        assert f"s3://drops/{key}" in shlex.split(command)


def test_unprintable_key_has_no_command() -> None:
    assert upload(source("abc", "a\nrm -rf ~\n/model.pt")) == ()
