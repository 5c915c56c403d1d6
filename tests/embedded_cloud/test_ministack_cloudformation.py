"""The features that our template may use, deployed by the real sam, with IAM enforced."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from modeldrop.local import aws_session, stack_deployment
from modeldrop.local.ministack import process as ministack
from tests.embedded_cloud.conftest import OWNER, ministack_session
from tests.embedded_cloud.lambda_function import invoke
from tests.waiting import eventually

TEMPLATE = Path(__file__).with_name("features.yaml")
PACKAGES = Path(boto3.__file__).parents[1]


@dataclass(frozen=True)
class Stack:
    session: boto3.Session
    outputs: dict[str, str]

    def client(self, service: str) -> Any:
        return self.session.client(service)  # type: ignore[call-overload]

    def executions(self, machine: str) -> list[Any]:
        """Return the inputs of a state machine's executions."""
        client = self.client("stepfunctions")
        listed = client.list_executions(stateMachineArn=self.outputs[machine])["executions"]
        return [
            json.loads(client.describe_execution(executionArn=each["executionArn"])["input"])
            for each in listed
        ]

    def call(self, service: str, call: str, **parameters: object) -> Any:
        """Let the function make an API call, and return the response or the error code."""
        event = {"service": service, "call": call, "parameters": parameters}
        return invoke(self.session, self.outputs["StartFunctionArn"], event)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("ministack")
    settings = ministack.Settings(wait_scale=0.001)
    with ministack_session(home, settings) as session:
        session.client("s3").create_bucket(Bucket="artifacts")
        moment = datetime.now(UTC) + timedelta(seconds=1)
        stack_deployment._sam(
            "deploy",
            {"--template-file": TEMPLATE, "--stack-name": "features", "--s3-bucket": "artifacts"},
            ["--no-confirm-changeset", "--capabilities", *stack_deployment._CAPABILITIES],
            stack_deployment._overrides(
                {"Packages": str(PACKAGES), "Moment": f"{moment:%Y-%m-%dT%H:%M:%S}"}
            ),
            environment=stack_deployment._isolated(target(session, home)),
            log=home / "sam-deploy.log",
        )
        described = session.client("cloudformation").describe_stacks(StackName="features")
        outputs = described["Stacks"][0]["Outputs"]
        yield Stack(session, {each["OutputKey"]: each["OutputValue"] for each in outputs})


def target(session: boto3.Session, home: Path) -> stack_deployment.DeploymentTarget:
    url = session.client("s3").meta.endpoint_url
    environment = aws_session.environment(url, home / "aws-config", OWNER)
    return stack_deployment.DeploymentTarget(
        session=session, environment=environment, marker={}, logs=home, home=home
    )


def test_conditional_resources_and_outputs(deployed: Stack) -> None:
    assert "RefusalQueueUrl" in deployed.outputs
    assert "DeletionQueueUrl" not in deployed.outputs
    resources = deployed.client("cloudformation").list_stack_resources(StackName="features")
    names = {each["LogicalResourceId"] for each in resources["StackResourceSummaries"]}
    assert names >= {"RefusalQueue", "HourlyRule", "ExecutionsFailedAlarm"}
    assert "DeletionQueue" not in names


def test_list_parameter_and_choice_by_condition(deployed: Stack) -> None:
    configuration = deployed.client("lambda").get_function_configuration(
        FunctionName=deployed.outputs["StartFunctionArn"]
    )
    variables = configuration["Environment"]["Variables"]
    assert variables["FALLBACK_TYPES"] == "ml.g5.xlarge ml.g4dn.xlarge"
    assert variables["FIRST"] == "ml.g5.xlarge"
    assert variables["DELETION"] == "refused"


def test_alarm_on_executions_is_there(deployed: Stack) -> None:
    """The alarm gets no datapoints, because MiniStack has no AWS/States metrics."""
    name = deployed.outputs["AlarmName"]
    [alarm] = deployed.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/States", "ExecutionsFailed")
    machine = deployed.outputs["DeployModelStateMachineArn"]
    assert alarm["Dimensions"] == [{"Name": "StateMachineArn", "Value": machine}]


def test_deletion_starts_its_own_state_machine(deployed: Stack) -> None:
    s3, bucket = deployed.client("s3"), deployed.outputs["DropBucketName"]
    for key in ("resnet/model.pt", "resnet/notes.txt"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        s3.delete_object(Bucket=bucket, Key=key)

    assert eventually(lambda: len(deployed.executions("RetireModelStateMachineArn")) > 0)
    [event] = deployed.executions("RetireModelStateMachineArn")
    assert event["detail-type"] == "Object Deleted"
    assert event["detail"]["object"]["key"] == "resnet/model.pt"


def test_schedules_start_a_state_machine(deployed: Stack) -> None:
    """An hour takes 3.6 seconds here. The schedule with at(…) is due once."""
    assert eventually(
        lambda: {"by": "Schedule"} in deployed.executions("ReapStateMachineArn"), seconds=20
    )
    assert eventually(lambda: {"by": "ScheduleV2"} in deployed.executions("ReapStateMachineArn"))


def test_rule_has_its_rate(deployed: Stack) -> None:
    rule = deployed.client("events").describe_rule(Name=deployed.outputs["HourlyRuleName"])
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 hour)", "ENABLED")


def test_function_starts_what_its_policy_names(deployed: Stack) -> None:
    may, may_not = "DeployModelStateMachineArn", "RetireModelStateMachineArn"
    start = {"name": "by-function", "input": "{}"}

    answer = deployed.call(
        "stepfunctions", "start_execution", stateMachineArn=deployed.outputs[may], **start
    )
    assert "executionArn" in answer
    refused = deployed.call(
        "stepfunctions", "start_execution", stateMachineArn=deployed.outputs[may_not], **start
    )
    assert refused == "AccessDeniedException"


ALARM = {
    "EvaluationPeriods": 1,
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 0,
    "Namespace": "AWS/SageMaker",
    "MetricName": "Invocation5XXErrors",
    "Period": 60,
    "Statistic": "Sum",
}
TAGS = [{"Key": "team", "Value": "vision"}]
ALARM_ARN = "arn:aws:cloudwatch:us-east-1:000000000000:alarm"
STATE = {"StateValue": "OK", "StateReason": "a test"}
POINT = [{"MetricName": "Deployments", "Value": 1}]
SPAN = {"StartTime": "2026-01-01T00:00:00Z", "EndTime": "2026-01-01T01:00:00Z", "Period": 60}
METRIC = {"Namespace": "AWS/SageMaker", "MetricName": "Invocations", "Statistics": ["Sum"]}


@pytest.mark.parametrize(
    ("call", "parameters", "allowed"),
    [
        ("put_metric_alarm", {"AlarmName": "modeldrop-a", **ALARM}, True),
        ("put_metric_alarm", {"AlarmName": "other-a", **ALARM}, False),
        ("tag_resource", {"ResourceARN": f"{ALARM_ARN}:modeldrop-a", "Tags": TAGS}, True),
        ("tag_resource", {"ResourceARN": f"{ALARM_ARN}:other-a", "Tags": TAGS}, False),
        ("describe_alarms", {"AlarmNames": ["modeldrop-a"]}, True),
        ("set_alarm_state", {"AlarmName": "modeldrop-a", **STATE}, False),
        ("get_metric_statistics", {**METRIC, **SPAN}, True),
        ("put_metric_data", {"Namespace": "Modeldrop", "MetricData": POINT}, True),
        ("put_metric_data", {"Namespace": "Other", "MetricData": POINT}, False),
        ("delete_alarms", {"AlarmNames": ["modeldrop-a"]}, True),
        ("delete_alarms", {"AlarmNames": ["other-a"]}, False),
    ],
)  # fmt: skip
def test_function_has_the_alarm_permissions_of_its_policy(
    deployed: Stack, call: str, parameters: dict[str, Any], allowed: bool
) -> None:
    answer = deployed.call("cloudwatch", call, **parameters)

    if allowed:
        assert "ResponseMetadata" in answer
    else:
        assert answer in {"AccessDenied", "AccessDeniedException"}


@pytest.mark.parametrize(
    ("stream", "answer"),
    [("modeldrop-a/data-log", "ResourceNotFoundException"), ("other", "AccessDeniedException")],
)
def test_permission_for_a_log_stream_is_evaluated_on_its_name(
    deployed: Stack, stream: str, answer: str
) -> None:
    request = {"logGroupName": "/jobs", "logStreamName": stream}
    assert deployed.call("logs", "get_log_events", **request) == answer
