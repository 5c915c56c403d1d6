from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from modeldrop.errors import CommandError
from modeldrop.local import aws_session
from modeldrop.local.snapshot import _model_of, _of_transform_jobs, take
from tests.unit.modeldrop.local.test_home import state


@pytest.mark.parametrize(
    ("execution_input", "model"),
    [
        (json.dumps({"detail": {"object": {"key": "team/resnet/model.pt"}}}), "resnet"),
        (json.dumps({"detail": {"object": {"key": "a name/model.pt"}}}), "a name/model.pt"),
        (json.dumps({"detail": {"object": {}}}), "?"),
        (json.dumps({"detail": "by hand"}), "?"),
        ("[]", "?"),
        ("", "?"),
    ],
)
def test_model_name_is_read_from_every_kind_of_input(execution_input: str, model: str) -> None:
    assert _model_of(execution_input) == model


def test_tritonserver_of_a_transform_job_is_a_process_of_its_own() -> None:
    row = {"endpoint": None, "job": None, "url": "unix:/s", "pid": os.getpid(), "log": "/log"}
    [server] = _of_transform_jobs([row | {"endpoint": "modeldrop-cat"}, row | {"job": "nightly"}])
    assert (server.name, server.url, server.log) == ("transform nightly", "unix:/s", "/log")


def test_server_that_does_not_respond_is_an_error_with_a_fix(tmp_path: Path) -> None:
    aws_session.write_config(tmp_path / aws_session.CONFIG_FILE)
    cloud = state(tmp_path, os.getpid())
    cloud = cloud.model_copy(update={"outputs": {"DeployModelStateMachineArn": "arn"}})
    with pytest.raises(CommandError, match="The local SageMaker does not respond") as raised:
        take(cloud)
    assert "sagemaker.log" in raised.value.fix
