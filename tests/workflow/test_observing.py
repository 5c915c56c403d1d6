"""The data in the CloudWatch console: log lines, metrics, alarms, dashboard and saved queries."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from model_packager.names.stack import DEFAULT_STACK
from model_packager.sagemaker.cloudwatch import INSTANCE_NAMESPACE
from model_packager.sagemaker.endpoint_alarm import endpoint_alarm_name
from model_packager.status import Status
from tests.workflow.drops import Cloud, content_of, summary
from tests.workflow.executions import FIRST_DEPLOYMENT, until_in_workflow
from tests.workflow.models import save_scale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FUNCTION_LOGS = f"/aws/lambda/{DEFAULT_STACK}"
SPEC = "tags: {team: vision}\nsmoke_test: {load: {concurrency: [1], seconds: 1}}"


def lines_of(cloud: Cloud, model: str) -> list[dict[str, Any]]:
    """Return the functions' log lines about a model, oldest first."""
    pages = cloud.client("logs").get_paginator("filter_log_events")
    events = [
        event
        for page in pages.paginate(logGroupName=FUNCTION_LOGS, filterPattern=f'"{model}"')
        for event in page["events"]
    ]
    lines = [line for event in events for line in event["message"].splitlines()]
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in found if line.get("model") == model]


def output_of(cloud: Cloud, execution_arn: str) -> dict[str, Any]:
    """Return the output of an execution's first state."""
    history = cloud.client("stepfunctions").get_execution_history(executionArn=execution_arn)
    exits = (
        each["stateExitedEventDetails"]
        for each in history["events"]
        if "stateExitedEventDetails" in each
    )
    output: dict[str, Any] = json.loads(next(exits)["output"])
    return output


@contextmanager
def subscriber(cloud: Cloud) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Subscribe to all messages of the topic, including alarms.

    Yield a function that returns new messages.
    """
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    url = sqs.create_queue(QueueName="everything")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    may_send = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": attributes["Attributes"]["QueueArn"],
    }
    policy = {"Version": "2012-10-17", "Statement": [may_send]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    subscription = sns.subscribe(
        TopicArn=cloud.embedded.output("ResultTopicArn"),
        Protocol="sqs",
        Endpoint=attributes["Attributes"]["QueueArn"],
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    come: list[dict[str, Any]] = []

    def received() -> list[dict[str, Any]]:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            come.append(json.loads(message["Body"]))
        return come

    try:
        yield received
    finally:
        sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=url)


def instance_metrics(cloud: Cloud, endpoint: str) -> set[str]:
    listed = cloud.client("cloudwatch").list_metrics(
        Namespace=INSTANCE_NAMESPACE, Dimensions=[{"Name": "EndpointName", "Value": endpoint}]
    )
    return {each["MetricName"] for each in listed["Metrics"]}


def alarms_of(cloud: Cloud, prefix: str) -> dict[str, dict[str, Any]]:
    found = cloud.client("cloudwatch").describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    return {alarm["AlarmName"]: alarm for alarm in found}


def test_deployment_can_be_followed_and_measured(cloud: Cloud, name: str, tmp_path: Path) -> None:
    spec = tmp_path / "deploy.yaml"
    spec.write_text(SPEC)
    outcome = cloud.drop(name, save_scale(2, tmp_path / "model.onnx"), spec=spec)
    content = content_of(outcome)
    assert content["status"] == "SUCCEEDED", summary(outcome)
    came = output_of(cloud, outcome.execution_arn)
    assert came["dropped"].endswith(f"/{name}/model.onnx")
    assert came["restores"] is None
    known = {"version": content["version"], "execution_arn": outcome.execution_arn}

    # The deploy.yaml was uploaded first, and has a separate execution.
    until_in_workflow(
        lambda: any("LoadThroughput" in each for each in lines_of(cloud, name)), "no load metrics"
    )
    lines = [line for line in lines_of(cloud, name) if line.get("state") != "Find Model"]
    assert [line for line in lines if not line.items() >= known.items()] == []
    done = [line["state"] for line in lines if line.get("message", "").endswith(" done")]
    assert list(dict.fromkeys(done)) == list(FIRST_DEPLOYMENT)
    measured = [line for line in lines if "_aws" in line]
    assert all(line["service"] == DEFAULT_STACK for line in measured)
    assert {line["State"] for line in measured if "StateSeconds" in line} >= set(
        FIRST_DEPLOYMENT[:-1]
    )
    (counted,) = (line for line in measured if "Deployments" in line)
    assert counted["Status"] == Status.SUCCEEDED
    (latency,) = (line for line in measured if "SmokeTestLatency" in line)
    assert (latency["Model"], latency["SmokeTestLatency"]) == (name, [content["smoke"]["p50_ms"]])
    # The execution role writes the instance metrics.
    until_in_workflow(
        lambda: "CPUUtilization" in instance_metrics(cloud, content["endpoint"]),
        "no instance metrics",
    )

    cloud.delete(name)
    until_in_workflow(
        lambda: any("Retirements" in each for each in lines_of(cloud, name)), "no retirement metric"
    )
    (retired,) = (line for line in lines_of(cloud, name) if "Retirements" in line)
    assert (retired["Status"], retired["Retirements"]) == ("RETIRED", [1.0])
    assert f":{name}-delete-" in retired["execution_arn"]
    assert output_of(cloud, retired["execution_arn"]) == {"reason": "COMMAND", "of": name}


def test_server_errors_raise_the_alarm_of_their_endpoint_until_it_is_retired(
    cloud: Cloud, name: str, tmp_path: Path
) -> None:
    spec = tmp_path / "deploy.yaml"
    spec.write_text("tags: {team: vision}")
    outcome = cloud.drop(name, save_scale(2, tmp_path / "model.onnx"), spec=spec)
    assert content_of(outcome)["status"] == "SUCCEEDED", summary(outcome)
    assert content_of(outcome)["recovered_errors"] == []
    endpoint = cloud.endpoint(name)
    alarm = endpoint_alarm_name(endpoint)
    found = alarms_of(cloud, alarm)[alarm]
    assert found["AlarmActions"] == [cloud.embedded.output("ResultTopicArn")]
    tags = cloud.client("cloudwatch").list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]
    assert {each["Key"]: each["Value"] for each in tags} == {
        "modeldrop:model": name,
        "team": "vision",
    }

    def state() -> str:
        return str(alarms_of(cloud, alarm)[alarm]["StateValue"])

    until_in_workflow(lambda: state() == "OK", "the alarm has no data")
    with subscriber(cloud) as received:
        runtime = cloud.client("sagemaker-runtime")
        with pytest.raises(runtime.exceptions.ModelError) as caught:
            cloud.invoke(name, b"no JSON", "application/json")
        assert caught.value.response["OriginalStatusCode"] == 500
        until_in_workflow(lambda: state() == "ALARM", "the alarm is not raised")
        until_in_workflow(
            lambda: any(alarm in each["Subject"] for each in received()), "no message of the alarm"
        )
        (message,) = (each for each in received() if alarm in each["Subject"])
    assert message["Subject"].startswith(f'ALARM: "{alarm}"')
    text = json.loads(message["Message"])["AlarmDescription"]
    assert f"modeldrop rollback {name}" in text
    assert f"/aws/sagemaker/Endpoints/{endpoint}" in text

    cloud.delete(name)
    assert alarms_of(cloud, alarm) == {}


def test_dashboard_alarms_and_queries_are_deployed(cloud: Cloud) -> None:
    body = cloud.client("cloudwatch").get_dashboard(DashboardName=DEFAULT_STACK)["DashboardBody"]
    prefix = cloud.embedded.output("EndpointPrefix")
    assert f"EndpointName={prefix}'" in body
    assert "${PROP('Dim.EndpointName')}" in body
    assert json.loads(body)["widgets"]
    alarms = alarms_of(cloud, f"{DEFAULT_STACK} ")
    assert set(alarms) == {
        f"{DEFAULT_STACK} {what}"
        for what in (
            "batch job failed",
            "batch job throttled",
            "batch job timed out",
            "deployment failed",
            "deployment throttled",
            "deployment timed out",
            "retirement failed",
            "retirement throttled",
            "retirement timed out",
            "undelivered drops",
            "watch failed",
        )
    }
    topic = cloud.embedded.output("ResultTopicArn")
    assert all(alarm["AlarmActions"] == [topic] for alarm in alarms.values())
    logs = cloud.client("logs")
    found = logs.describe_query_definitions(queryDefinitionNamePrefix=f"{DEFAULT_STACK}/")
    assert len(found["queryDefinitions"]) == 4
    assert all(each["logGroupNames"] == [FUNCTION_LOGS] for each in found["queryDefinitions"])
