from __future__ import annotations

import json

import pytest

from modeldrop.local.snapshot import _model_of


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
