"""How a notification is divided into words and JSON."""

from __future__ import annotations

import json

from modeldrop.executions.published import read_message


def test_json_is_found_at_the_end_for_any_cause() -> None:
    cause = "Triton said:\n\n{ no JSON"
    document = json.dumps({"cause": cause}, indent=2)
    found = read_message("FAILED", f"resnet failed: {cause}\nAsk.\n\n{document}")
    assert found.content == {"cause": cause}
    assert found.words == f"resnet failed: {cause}\nAsk."
