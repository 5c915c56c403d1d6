"""The behavior of MiniStack that the template's alarms, dashboard and saved queries need."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.waiting import eventually

STACK = "observed"
QUERY = "fields @timestamp\n| limit 5"
TEMPLATE = {
    "Resources": {
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Query": {
            "Type": "AWS::Logs::QueryDefinition",
            "Properties": {
                "Name": "observed/latest",
                "QueryString": QUERY,
                "LogGroupNames": ["/aws/lambda/observed"],
            },
        },
        "Dashboard": {
            "Type": "AWS::CloudWatch::Dashboard",
            "Properties": {
                "DashboardName": {"Ref": "AWS::StackName"},
                "DashboardBody": {
                    "Fn::Sub": [
                        '{"label": "${!PROP(\'Dim.Model\')}", "words": "${Words}"}',
                        {"Words": {"Fn::Join": [" ", {"Fn::Split": ["-", "a-b"]}]}},
                    ]
                },
            },
        },
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": "observed failed",
                "AlarmDescription": "Fix it.",
                "Namespace": "Test/Observed",
                "MetricName": "Errors",
                "Dimensions": [{"Name": "FunctionName", "Value": "watch"}],
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": 0,
                "TreatMissingData": "notBreaching",
                "AlarmActions": [{"Ref": "Topic"}],
            },
        },
    },
    "Outputs": {"Topic": {"Value": {"Ref": "Topic"}}},
}


@pytest.fixture(scope="module")
def topic(aws: boto3.Session) -> Iterator[str]:
    """The topic of a stack with an alarm, a dashboard and a saved query."""
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(TEMPLATE))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 1}
    )
    (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    yield stack["Outputs"][0]["OutputValue"]
    cloudformation.delete_stack(StackName=STACK)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 1}
    )
    assert queries(aws) == []


def queries(aws: boto3.Session) -> list[Any]:
    found = aws.client("logs").describe_query_definitions(queryDefinitionNamePrefix="observed/")
    return list(found["queryDefinitions"])


def test_saved_query_is_there(aws: boto3.Session, topic: str) -> None:
    (query,) = queries(aws)
    assert (query["name"], query["queryString"]) == ("observed/latest", QUERY)
    assert query["logGroupNames"] == ["/aws/lambda/observed"]


def test_dashboard_keeps_its_dynamic_labels(aws: boto3.Session, topic: str) -> None:
    body = aws.client("cloudwatch").get_dashboard(DashboardName=STACK)["DashboardBody"]
    assert json.loads(body) == {"label": "${PROP('Dim.Model')}", "words": "a b"}


def test_alarm_uses_its_dimensions_and_notifies_its_topic(aws: boto3.Session, topic: str) -> None:
    cloudwatch, sqs = aws.client("cloudwatch"), aws.client("sqs")
    url = sqs.create_queue(QueueName="observers")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue["QueueArn"])

    def error_of(function: str) -> str:
        cloudwatch.put_metric_data(
            Namespace="Test/Observed",
            MetricData=[
                {
                    "MetricName": "Errors",
                    "Dimensions": [{"Name": "FunctionName", "Value": function}],
                    "Value": 1,
                }
            ],
        )
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=["observed failed"])["MetricAlarms"]
        return str(alarm["StateValue"])

    assert error_of("another") == "INSUFFICIENT_DATA"
    assert error_of("watch") == "ALARM"
    messages: list[Any] = []

    def come() -> bool:
        messages.extend(sqs.receive_message(QueueUrl=url).get("Messages", []))
        return bool(messages)

    assert eventually(come)
    message = json.loads(messages[0]["Body"])
    assert message["Subject"].startswith('ALARM: "observed failed"')
    assert json.loads(message["Message"])["AlarmDescription"] == "Fix it."
