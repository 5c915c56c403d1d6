from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from publish_result.handler import handler
from tests.topic_queue import topic_queue
from tests.unit.functions.deployment_records import record
from tests.unit.functions.emitted import emitted, values
from tests.unit.functions.samples import (
    ARTIFACTS,
    CONFIG,
    DEPLOYMENT,
    ENDPOINT,
    EXECUTION,
    ROLE,
    VERSION,
    client_error,
    source,
)
from workflow import best_effort
from workflow.aws.clients import s3, sagemaker, sns, stepfunctions
from workflow.versions.deployment_record import write_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext

    Received = Callable[[], list[dict[str, Any]]]

REJECTED = {
    "state": "Inspect Model",
    "error": "ModelRejected",
    "cause": '{"errorMessage": "It is HTML.\\nFix: Upload the model."}',
}


def event(record_uri: str | None = None, **changed: Any) -> dict[str, Any]:
    ending: dict[str, Any] = {
        "source": source("abc").model_dump(),
        "execution_arn": EXECUTION,
        "deployment": DEPLOYMENT.model_dump(),
        "servable": None,
        "smoke": None,
        "failure": None,
        "recovered_errors": [],
        "remaining": [],
        "restoring": False,
        "superseded_version": None,
        "superseded_number": None,
        "shadow_comparison": None,
        "pool_change": None,
    }
    return {"ending": ending | changed, "record_uri": record_uri, "report_uri": None}


@pytest.fixture
def received(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Received]:
    """A queue that subscribes to the topic of the function."""
    machine = stepfunctions().create_state_machine(
        name="deploy-model", definition='{"StartAt": "A"}', roleArn=ROLE
    )
    stepfunctions().start_execution(stateMachineArn=machine["stateMachineArn"], name="first")
    topic = sns().create_topic(Name="results")["TopicArn"]
    monkeypatch.setenv("TOPIC_ARN", topic)
    monkeypatch.setenv("CHAT_TOPIC_ARN", "")
    monkeypatch.setenv("ARTIFACT_BUCKET", ARTIFACTS)
    monkeypatch.setenv("ENDPOINT_PREFIX", "modeldrop")
    with topic_queue(sns(), boto3.client("sqs"), topic) as queue:
        yield queue.envelopes


def json_of(message: dict[str, Any]) -> Any:
    return json.loads(message["Message"])


def test_success_is_published_and_returned(received: Received, context: LambdaContext) -> None:
    output = handler(event(), context)
    (message,) = received()
    assert output == {
        "status": "SUCCEEDED",
        "error": "",
        "cause": "",
        "subject": message["Subject"],
        "message": output["message"],
        "content": json_of(message),
    }
    assert message["Subject"] == "SUCCEEDED: resnet is live"
    assert message["MessageAttributes"] == {
        name: {"Type": "String", "Value": value}
        for name, value in {
            "kind": "deployment",
            "status": "SUCCEEDED",
            "model": "resnet",
            "severity": "info",
            "needs_action": "false",
        }.items()
    }


def test_failure_ends_the_execution_with_its_own_error(
    received: Received, context: LambdaContext, buckets: None
) -> None:
    output = handler(event(failure=REJECTED, deployment=None), context)
    (message,) = received()
    assert output == {
        "status": "FAILED",
        "error": "ModelRejected",
        "cause": "It is HTML.\nFix: Upload the model.",
        "subject": message["Subject"],
        "message": output["message"],
        "content": json_of(message),
    }
    content = json_of(message)
    assert (content["failed_state"], content["fix"]) == ("Inspect Model", "Upload the model.")
    assert (content["version"], content["live_version"]) == (None, None)
    assert content["endpoint"] == "modeldrop-resnet"


def test_drop_without_a_valid_name_is_named_by_its_key(
    received: Received, context: LambdaContext
) -> None:
    key = "no good näme/model.pt"
    nameless = event(failure=REJECTED, deployment=None, source=source("abc", key).model_dump())
    assert handler(nameless, context)["status"] == "FAILED"
    (message,) = received()
    assert message["Subject"] == "FAILED: no good n?me/model.pt failed at Inspect Model"
    assert message["MessageAttributes"]["model"]["Value"] == key
    assert json_of(message)["endpoint"] is None


ERRORS = [
    EndpointConnectionError(endpoint_url="https://aws", error="unreachable"),
    ReadTimeoutError(endpoint_url="https://aws"),
    client_error("AccessDenied", "no"),
]
OPTIONAL = {
    "SageMaker": (sagemaker, "sagemaker.DescribeEndpoint"),
    "the tags": (sagemaker, "sagemaker.ListTags"),
    "the history": (stepfunctions, "sfn.GetExecutionHistory"),
    "S3": (s3, "s3.GetObject"),
}


@pytest.mark.parametrize("dependency", OPTIONAL)
@pytest.mark.parametrize("error", ERRORS, ids=lambda each: type(each).__name__)
def test_notification_is_published_without_any_one_dependency(
    received: Received,
    context: LambdaContext,
    buckets: None,
    create_config: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    dependency: str,
    error: Exception,
) -> None:
    create_config(CONFIG)
    sagemaker().create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    write_record(ARTIFACTS, record())
    client, operation = OPTIONAL[dependency][0](), f"before-call.{OPTIONAL[dependency][1]}"

    def fail(**_: object) -> None:
        raise error

    client.meta.events.register(operation, fail)
    try:
        output = handler(event(failure=REJECTED), context)
    finally:
        client.meta.events.unregister(operation, fail)
    (message,) = received()
    assert output["status"] == "FAILED"
    content = json_of(message)
    unknown = dependency in ("SageMaker", "the tags")
    assert content["live_version"] == ("unknown" if unknown else VERSION)
    assert (f"The live version on {ENDPOINT} is unknown." in output["message"]) is unknown
    assert (content["live_since"] is None) is (unknown or dependency == "S3")


def test_notification_does_not_wait_for_a_service_that_hangs(
    received: Received, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(best_effort, "SECONDS", 0.2)
    answered, before = threading.Event(), set(threading.enumerate())

    def hang(**_: object) -> None:
        answered.wait(20)

    sagemaker().meta.events.register("before-call.sagemaker.DescribeEndpoint", hang)
    try:
        handler(event(), context)
    finally:
        answered.set()
        sagemaker().meta.events.unregister("before-call.sagemaker.DescribeEndpoint", hang)
        for reading in set(threading.enumerate()) - before:
            reading.join()  # its log lines and its calls of moto must not reach the next test
    (message,) = received()
    assert json_of(message)["live_version"] == "unknown"


def test_missing_topic_is_named(
    received: Received, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOPIC_ARN")
    with pytest.raises(ValueError, match="topic_arn"):
        handler(event(), context)


def test_deployments_are_counted_by_status(
    received: Received, context: LambdaContext, capsys: pytest.CaptureFixture[str]
) -> None:
    handler(event(failure=REJECTED), context)
    assert values(emitted(capsys), "Deployments", "Status") == {"FAILED": 1}


def test_recovered_errors_and_record_are_published(
    received: Received, context: LambdaContext
) -> None:
    recovered_error = {
        "state": "Scale Endpoint",
        "error": "AwsRefused",
        "cause": '{"errorMessage": "No quota.\\nFix: Ask for more."}',
    }
    uri = "s3://artifacts/resnet/v/deployment.json"
    deployment = event(
        recovered_errors=[recovered_error], record_uri=uri, superseded_version="v0", restoring=True
    )
    assert handler(deployment, context)["status"] == "SUCCEEDED"
    (message,) = received()
    content = json_of(message)
    assert content["recovered_errors"] == [
        recovered_error | {"cause": "No quota.", "fix": "Ask for more."}
    ]
    assert (content["record"], content["superseded_version"]) == (uri, "v0")
    assert content["restored"] is True


def test_live_version_is_published_with_its_date(
    received: Received,
    context: LambdaContext,
    buckets: None,
    create_config: Callable[[str], None],
) -> None:
    create_config(CONFIG)
    sagemaker().create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    numbered = DEPLOYMENT.model_copy(update={"number": 4})
    write_record(ARTIFACTS, record().model_copy(update={"deployment": numbered}))
    output = handler(event(), context)
    (message,) = received()
    live = f"Version v4 ({VERSION}) has been live on {ENDPOINT}\n  since 2026-08-01 16:00 UTC."
    assert live in output["message"]
    assert json_of(message)["live_version_label"] == "v4"
    assert json_of(message)["live_since"] == "2026-08-01T16:00:00Z"
