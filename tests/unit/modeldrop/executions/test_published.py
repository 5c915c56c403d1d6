"""How a notification is divided into words and JSON."""

from __future__ import annotations

import json

from modeldrop.executions.published import read_message


def test_json_is_the_last_thing_whatever_the_cause_holds() -> None:
    cause = "Triton said:\n\n{ no JSON"
    told = json.dumps({"cause": cause}, indent=2)
    found = read_message("FAILED", f"resnet failed: {cause}\nAsk.\n\n{told}")
    assert found.content == {"cause": cause}
    assert found.words == f"resnet failed: {cause}\nAsk."
