from __future__ import annotations

import json

import pytest

from modeldrop.local.snapshot import _model_of


@pytest.mark.parametrize(
    ("given", "model"),
    [
        (json.dumps({"detail": {"object": {"key": "team/resnet/model.pt"}}}), "resnet"),
        (json.dumps({"detail": {"object": {"key": "a name/model.pt"}}}), "a name/model.pt"),
        (json.dumps({"detail": {"object": {}}}), "?"),
        (json.dumps({"detail": "by hand"}), "?"),
        ("[]", "?"),
        ("", "?"),
    ],
)
def test_model_of_an_execution_whatever_started_it(given: str, model: str) -> None:
    assert _model_of(given) == model
