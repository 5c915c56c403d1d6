from __future__ import annotations

import json
from typing import TYPE_CHECKING

from workflow.aws.embedded_metric import Unit, put

if TYPE_CHECKING:
    import pytest


def test_line_is_a_metric_with_its_dimensions_and_what_it_is_about(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "modeldrop-dev")
    put("Deployments", Unit.Count, 1, ("Status", "SUCCEEDED"), {"model": "resnet"})
    (line,) = capsys.readouterr().out.splitlines()
    written = json.loads(line)
    (directive,) = written["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Modeldrop"
    assert [set(each) for each in directive["Dimensions"]] == [{"Status", "service"}]
    assert directive["Metrics"] == [{"Name": "Deployments", "Unit": "Count"}]
    assert (written["Status"], written["service"]) == ("SUCCEEDED", "modeldrop-dev")
    assert (written["Deployments"], written["model"]) == ([1.0], "resnet")
