"""The AWS CLI with the embedded cloud: one URL for every service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from modeldrop.local.cloud_state import EmbeddedCloud
from tests.embedded_cloud.user_shell import bash

EXPORTS = 'eval "$(modeldrop local env)"\n'
REQUEST = {"inputs": [{"name": "INPUT__0", "shape": [1, 2], "datatype": "FP32", "data": [1.5, -2]}]}


@pytest.fixture
def home(embedded: EmbeddedCloud, double: Path) -> Path:
    return embedded.home


def content_of(command: str, folder: Path, home: Path) -> Any:
    return json.loads(bash(f"{EXPORTS}aws --output json {command}", folder, home))


def test_sagemaker(tmp_path: Path, home: Path) -> None:
    command = "sagemaker describe-endpoint --endpoint-name modeldrop-double"

    assert content_of(command, tmp_path, home)["EndpointStatus"] == "InService"


def test_invocation(tmp_path: Path, home: Path) -> None:
    (tmp_path / "request.json").write_text(json.dumps(REQUEST))

    answer = content_of(
        "sagemaker-runtime invoke-endpoint --endpoint-name modeldrop-double "
        "--content-type application/json --body fileb://request.json answer.json",
        tmp_path,
        home,
    )

    assert answer["ContentType"] == "application/json"
    outputs = json.loads((tmp_path / "answer.json").read_text())["outputs"]
    assert [each["data"] for each in outputs] == [[3, -4]]


def test_error_of_sagemaker_has_its_message(tmp_path: Path, home: Path) -> None:
    script = "aws sagemaker describe-endpoint --endpoint-name none 2>&1 || true"

    assert 'Could not find endpoint "arn:' in bash(EXPORTS + script, tmp_path, home)


def test_scaling(tmp_path: Path, home: Path) -> None:
    command = "application-autoscaling describe-scalable-targets --service-namespace sagemaker"

    assert content_of(command, tmp_path, home)["ScalableTargets"] == []


def test_drop_starts_an_execution(tmp_path: Path, home: Path, embedded: EmbeddedCloud) -> None:
    (tmp_path / "model.pt").write_text("no model")
    # SNS sends to a queue whose policy allows it (SNS developer guide, "Subscribing an Amazon SQS
    # queue to an Amazon SNS topic").
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    (tmp_path / "attributes.json").write_text(json.dumps({"Policy": policy}))
    drop = f"aws s3 cp model.pt s3://{embedded.output('DropBucketName')}/wrong/model.pt"
    machine = embedded.output("DeployModelStateMachineArn")
    listed = f"aws --output json stepfunctions list-executions --state-machine-arn {machine}"
    # Receiving from the queue waits for the message, so no sleep is needed.
    queue = f"""
    sqs="aws --endpoint-url $AWS_ENDPOINT_URL sqs"  # version 1 of the AWS CLI needs it for sqs
    url=$($sqs create-queue --queue-name heard --query QueueUrl --output text)
    arn=$($sqs get-queue-attributes --queue-url $url --attribute-names QueueArn \
      --query Attributes.QueueArn --output text)
    $sqs set-queue-attributes --queue-url $url --attributes file://attributes.json
    aws sns subscribe --topic-arn {embedded.output("ResultTopicArn")} --protocol sqs \
      --notification-endpoint $arn > subscription
    {drop} > copied
    $sqs --output json receive-message --queue-url $url --wait-time-seconds 20 > heard
    aws sns unsubscribe --subscription-arn $(grep -o 'arn:[^"]*' subscription)
    $sqs delete-queue --queue-url $url
    {listed}
    """

    executions = json.loads(bash(EXPORTS + queue, tmp_path, home))["executions"]

    assert len(executions) >= 2
    assert "SUCCEEDED" in {each["status"] for each in executions}
    [heard] = json.loads((tmp_path / "heard").read_text())["Messages"]
    content = json.loads(json.loads(heard["Body"])["Message"])
    assert (content["model"], content["status"]) == ("wrong", "FAILED")


def test_logs(tmp_path: Path, home: Path) -> None:
    group = "/aws/sagemaker/Endpoints/modeldrop-double"

    found = content_of(
        f"logs filter-log-events --log-group-name {group} --filter-pattern READY", tmp_path, home
    )

    assert found["events"]


def test_stack(tmp_path: Path, home: Path, embedded: EmbeddedCloud) -> None:
    stacks = content_of("cloudformation describe-stacks --stack-name modeldrop", tmp_path, home)

    shown = {each["OutputKey"]: each["OutputValue"] for each in stacks["Stacks"][0]["Outputs"]}
    assert shown == embedded.outputs


def test_endpoint_url_alone_is_enough(tmp_path: Path, home: Path, embedded: EmbeddedCloud) -> None:
    aws = f"aws --endpoint-url {embedded.aws_url} --output json"
    owner = embedded.owner
    script = (
        "unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL_S3 HTTP_PROXY\n"
        f"export AWS_ACCESS_KEY_ID={owner.access_key} AWS_SECRET_ACCESS_KEY={owner.secret_key}\n"
        "export AWS_DEFAULT_REGION=us-east-1\n"
        f"{aws} s3api list-buckets --query 'Buckets[].Name' > buckets\n"
        f"{aws} sagemaker list-endpoints --query 'Endpoints[].EndpointName'"
    )

    assert "modeldrop-double" in json.loads(bash(script, tmp_path, home))
    assert embedded.output("DropBucketName") in json.loads((tmp_path / "buckets").read_text())
