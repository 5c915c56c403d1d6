from __future__ import annotations

import json
import os

import pytest

from modeldrop.local.snapshot import _model_of, _of_transform_jobs


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
