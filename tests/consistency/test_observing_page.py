"""docs/observing.md has exactly the existing widgets, alarms, metrics, queries and parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from model_packager.sagemaker.endpoint_alarm import endpoint_alarm_name
from tests.consistency.asl import ROOT, TEMPLATE
from tests.consistency.console import dashboard, resources
from tests.consistency.console_lines import dimensions_in, metric_lines, step_lines
from tests.unit.functions.samples import DEPLOYMENT
from workflow.contracts.deploy_model import DeleteStagingEndpointInput
from workflow.log_identity import identity

if TYPE_CHECKING:
    import pytest

PAGE = (ROOT / "docs" / "observing.md").read_text()


def rows(section: str) -> list[list[str]]:
    """Return the cells of a section's first table, without its heading."""
    part = PAGE.partition(f"## {section}\n")[2].partition("\n## ")[0] if section else PAGE
    table = part.partition("|---|")[2].partition("\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def firsts(section: str) -> list[str]:
    return [name for row in rows(section) for name in quoted(row[0])]


def test_widgets() -> None:
    titles = [each["properties"].get("title") for each in dashboard()["widgets"]]
    assert [row[0] for row in rows("The dashboard")] == [title for title in titles if title]


def test_alarms() -> None:
    names = [each["AlarmName"]["Fn::Sub"] for each in resources("AWS::CloudWatch::Alarm").values()]
    wanted = [name.replace("${AWS::StackName}", "<stack>") for name in names]
    assert firsts("The alarms") == [*wanted, endpoint_alarm_name("<endpoint>")]
    assert all(len(row) == 3 and row[2] for row in rows("The alarms"))


def test_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    lines = metric_lines(capsys)
    units = {
        metric["Name"]: metric["Unit"]
        for line in lines
        for each in line["_aws"]["CloudWatchMetrics"]
        for metric in each["Metrics"]
    }
    documented = {quoted(row[0])[0]: (quoted(row[1]), row[2]) for row in rows("The metrics")}
    assert documented == {
        name: (sorted(dimensions - {"service"}), units[name])
        for name, dimensions in dimensions_in(lines).items()
    }


def test_queries() -> None:
    queries = resources("AWS::Logs::QueryDefinition").values()
    names = [each["Name"]["Fn::Sub"].removeprefix("${AWS::StackName}/") for each in queries]
    assert firsts("The saved queries") == names


def test_keys_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert set(firsts("The log")) == {key for line in step_lines(caplog) for key in line} - {
        "exception"
    }


def test_annotations_of_the_traces() -> None:
    traces = PAGE.partition("## The traces\n")[2].partition("\n## ")[0]
    assert {"state", *identity(DeleteStagingEndpointInput(deployment=DEPLOYMENT))} == {
        name for name in quoted(traces) if " " not in name
    }


def test_parameters() -> None:
    defaults = {quoted(name)[0]: default.strip("`") for name, default, _effect in rows("")}
    assert defaults
    assert defaults == {name: str(TEMPLATE["Parameters"][name]["Default"]) for name in defaults}
