"""Dashboard, alarms and saved queries use existing metrics, dimensions and log keys."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest

from modeldrop.local.sagemaker.metrics.invocation_metrics import METRICS
from tests.consistency.asl import MACHINES, RESOURCES, TEMPLATE, machine_resource
from tests.consistency.console import Shown, dashboard, resources, shown
from tests.consistency.console_lines import dimensions_in, metric_lines, step_lines

_ENDPOINT = frozenset({"EndpointName", "VariantName"})
OF_AWS: dict[tuple[str, frozenset[str]], set[str]] = {
    # Step Functions developer guide, "Monitoring Step Functions metrics using Amazon CloudWatch"
    ("AWS/States", frozenset({"StateMachineArn"})): {
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "ExecutionsAborted",
        "ExecutionThrottled",
    },
    # SageMaker developer guide, "Amazon SageMaker AI metrics in Amazon CloudWatch"
    ("AWS/SageMaker", _ENDPOINT): set(METRICS),
    ("/aws/sagemaker/Endpoints", _ENDPOINT): {
        "CPUUtilization",
        "GPUUtilization",
        "GPUMemoryUtilization",
        "MemoryUtilization",
        "DiskUtilization",
    },
    # Amazon SQS developer guide, "Available CloudWatch metrics for Amazon SQS"
    ("AWS/SQS", frozenset({"QueueName"})): {"ApproximateNumberOfMessagesVisible"},
    # Lambda developer guide, "Types of metrics for Lambda functions"
    ("AWS/Lambda", frozenset({"FunctionName"})): {"Errors"},
}
ALARMS = resources("AWS::CloudWatch::Alarm")
QUERIES = resources("AWS::Logs::QueryDefinition")
WIDGETS = dashboard()["widgets"]

_WORDS = {
    "fields",
    "filter",
    "sort",
    "limit",
    "stats",
    "by",
    "as",
    "asc",
    "desc",
    "and",
    "or",
    "in",
}
_OF_THE_RUNTIME = {
    # Lambda developer guide, "Using structured JSON logs"; Lambda Telemetry API, platform.report
    "type",
    "record.metrics.initDurationMs",
    "record.metrics.durationMs",
    "record.metrics.maxMemoryUsedMB",
}


@pytest.mark.parametrize("metric", shown(), ids=lambda each: f"{each.widget}: {each.metric}")
def test_widget_shows_an_existing_metric(metric: Shown, capsys: pytest.CaptureFixture[str]) -> None:
    if metric.namespace == "Modeldrop":
        assert dimensions_in(metric_lines(capsys))[metric.metric] == metric.dimensions
        assert metric.terms == {'service="modeldrop-dev"'}
        return
    assert metric.metric in OF_AWS[metric.namespace, metric.dimensions]
    if metric.dimensions == _ENDPOINT:  # searches match each word of the prefix my-team
        assert metric.terms == {"EndpointName=my", "EndpointName=team"}


def test_every_metric_that_is_emitted_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    ours = {each.metric for each in shown() if each.namespace == "Modeldrop"}
    assert ours == set(dimensions_in(metric_lines(capsys)))


def test_service_is_the_stack() -> None:
    """Otherwise two stacks in one account would show each other's deployments."""
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "Modeldrop"


def test_widgets_are_side_by_side_on_the_grid() -> None:
    for each in WIDGETS:
        assert each["type"] in {"text", "metric"}
        assert 0 <= each["x"] < each["x"] + each["width"] <= 24
        if each["type"] == "metric":
            assert each["properties"]["region"] == "eu-west-1"
    for one, other in combinations(WIDGETS, 2):
        apart = (
            one["x"] + one["width"] <= other["x"]
            or other["x"] + other["width"] <= one["x"]
            or one["y"] + one["height"] <= other["y"]
            or other["y"] + other["height"] <= one["y"]
        )
        assert apart, (one["properties"].get("title"), other["properties"].get("title"))


def test_ids_of_searches_are_valid_in_cloudwatch() -> None:
    """IDs are unique in a widget and start with a lowercase letter (user guide, metric math)."""
    for widget in WIDGETS:
        entries = [each[-1] for each in widget["properties"].get("metrics", [])]
        names = [each["id"] for each in entries if "id" in each]
        assert len(names) == len(set(names))
        assert all(re.fullmatch(r"[a-z][a-zA-Z0-9_]*", name) for name in names)


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_watches_an_existing_metric_and_says_what_to_do(name: str) -> None:
    alarm = ALARMS[name]
    dimensions = frozenset(each["Name"] for each in alarm["Dimensions"])
    assert alarm["MetricName"] in OF_AWS[alarm["Namespace"], dimensions]
    assert alarm["AlarmActions"] == [{"Ref": "ResultTopic"}]
    assert alarm["TreatMissingData"] == "notBreaching"
    description = alarm["AlarmDescription"]
    text = description if isinstance(description, str) else description["Fn::Sub"]
    assert 100 <= len(text) <= 1000  # CloudWatch accepts 1,024
    assert RESOURCES[name]["Condition"] in {"HasAlarms", "HasFailureAlarms"}


@pytest.mark.parametrize("machine", MACHINES)
def test_both_workflows_have_the_same_alarms(machine: str) -> None:
    own = [{"Name": "StateMachineArn", "Value": {"Ref": machine_resource(machine)}}]
    watched = {
        each["MetricName"]: RESOURCES[name]["Condition"]
        for name, each in ALARMS.items()
        if each["Dimensions"] == own
    }
    assert watched == {
        "ExecutionsFailed": "HasFailureAlarms",  # these failures have a separate notification
        "ExecutionsTimedOut": "HasAlarms",
        "ExecutionThrottled": "HasAlarms",
    }


def test_topic_accepts_messages_of_alarms() -> None:
    """CloudWatch may not use the key of alias/aws/sns."""
    key = RESOURCES["ResultTopic"]["Properties"]["KmsMasterKeyId"]["Fn::If"]
    assert key[:2] == ["HasKmsKey", {"Ref": "KmsKeyArn"}]
    assert key[2] == {"Fn::If": ["HasAlarms", {"Ref": "AWS::NoValue"}, "alias/aws/sns"]}


@pytest.mark.parametrize("name", QUERIES)
def test_query_uses_keys_of_the_log_lines(
    name: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    written = [*metric_lines(capsys), *step_lines(caplog)]
    keys = {key for line in written for key in line}
    keys |= {f"{key}.0" for line in written for key, value in line.items() if _is_list(value)}
    query = QUERIES[name]
    assert query["LogGroupNames"] == [{"Ref": "FunctionLogs"}]
    assert _fields(query["QueryString"]) <= keys | _OF_THE_RUNTIME


def _is_list(value: Any) -> bool:
    """Return whether a value is a list.

    Logs Insights names its first item `name.0` (CloudWatch Logs user guide, JSON logs).
    """
    return isinstance(value, list)


def _fields(query: str) -> set[str]:
    """Return the log keys in a query, without aliases, functions, texts and comments."""
    text = re.sub(r'#[^\n]*|"[^"]*"', "", query)
    own = set(re.findall(r"\bas (\w+)", text))
    names = set(re.findall(r"(?<![@\w.])([A-Za-z_][\w.]*)(?![\w.]*\()", text))
    return names - own - _WORDS


@pytest.mark.parametrize("machine", MACHINES)
def test_every_state_has_a_comment_that_the_console_shows(machine: str) -> None:
    for name, state in MACHINES[machine]["States"].items():
        assert 10 <= len(state["Comment"]) <= 130, name
        assert not state["Comment"].endswith("."), name


@pytest.mark.parametrize("machine", MACHINES)
def test_only_choices_are_questions(machine: str) -> None:
    """The metric StateSeconds excludes names with a question mark."""
    for name, state in MACHINES[machine]["States"].items():
        assert name.endswith("?") is (state["Type"] == "Choice"), name
