"""Drops models into the embedded cloud, and lists the resources that are left."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from model_packager.client_code.languages import Language
from model_packager.names.endpoint import endpoint_name, version_in
from modeldrop import Endpoint, Stack
from modeldrop.dropping.drop import Drop, Dropped, put, weight_files
from modeldrop.executions.following import find_execution
from modeldrop.executions.outcome import Outcome, read_outcome
from modeldrop.executions.published import Published
from modeldrop.live.retirement import retire
from modeldrop.local.ministack.fault_client import EmulatorFaultsClient
from modeldrop.local.sagemaker.faults import FaultsClient
from tests.topic_queue import topic_queue
from tests.waiting import until
from tests.workflow.executions import (
    LIMIT_SECONDS,
    Executions,
    RunningExecutions,
    until_in_workflow,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from modeldrop.local.cloud_state import EmbeddedCloud
    from tests.topic_queue import TopicQueue

NOTHING = Published("", "", {}, {})


@dataclass(frozen=True)
class Cloud:
    """The embedded cloud, with clients for fault injection into SageMaker and emulated AWS."""

    embedded: EmbeddedCloud
    faults: FaultsClient
    emulator_faults: EmulatorFaultsClient
    _clients: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, embedded: EmbeddedCloud) -> Cloud:
        """Create clients for a running cloud."""
        return cls(
            embedded,
            FaultsClient(embedded.sagemaker_url, embedded.owner),
            EmulatorFaultsClient(embedded.aws_url, embedded.owner),
        )

    def client(self, service: str) -> Any:
        """Return the client of an AWS service, which is created once. Thread-safe."""
        if service not in self._clients:
            made = self.embedded.session().client(service)  # type: ignore[call-overload]
            self._clients[service] = made
        return self._clients[service]

    def drop(
        self, name: str, model: Path, spec: Path | None = None, sample: Path | None = None
    ) -> Outcome:
        """Drop a model, and assert that the subscriber gets the notification in the history."""
        with self._queue(name) as queue:
            arn = self._start(Drop(name, model, spec, sample, weights=weight_files(model)))
            self.executions.ended(arn)
            outcome = read_outcome(self.client("stepfunctions"), arn)
            got = queue.wait_for(outcome.execution_arn)
        return replace(outcome, notification=_received(got, outcome.notification))

    def put_and_follow(self, key: str, content: bytes, model: str | None = None) -> Outcome:
        """Put an object like any S3 client, and follow the execution.

        A notification without a model name has the key instead.
        """
        bucket = self.embedded.output("DropBucketName")
        # Subscribe first, because with warm functions the execution may end before the
        # subscription.
        with self._queue(model or key) as queue:
            self.client("s3").put_object(Bucket=bucket, Key=key, Body=content)
            dropped = Dropped.read(self.client("s3"), bucket, key)
            arn = find_execution(self.client("stepfunctions"), self._machine, dropped)
            return self._follow(arn, queue)

    def repeat(self, outcome: Outcome, model: str, **changed: str) -> Outcome:
        """Start the workflow with the event of an earlier execution and these changed fields."""
        stepfunctions = self.client("stepfunctions")
        found = stepfunctions.describe_execution(executionArn=outcome.execution_arn)
        event = json.loads(found["input"])
        with self._queue(model) as queue:
            started = stepfunctions.start_execution(
                stateMachineArn=self._machine,
                input=json.dumps(event | changed),
            )
            return self._follow(started["executionArn"], queue)

    def repeat_running(self, model: str, endpoint: str | None = None) -> Outcome:
        """Repeat the event of a running execution, once its (or its pool's) endpoint exists."""
        self._wait_for_endpoint(endpoint or self.endpoint(model))
        return self.repeat(Outcome(self.running(model), "RUNNING", NOTHING), model)

    def running(self, model: str) -> str:
        """Wait for the execution of a drop of an ONNX model, and return its ARN."""

        def running() -> str | None:
            listed = self.client("stepfunctions").list_executions(
                stateMachineArn=self._machine, statusFilter="RUNNING"
            )
            arns: list[str] = [each["executionArn"] for each in listed["executions"]]
            return next((arn for arn in arns if self._key(arn) == f"{model}/model.onnx"), None)

        return until_in_workflow(running, f"no execution of {model} is running")

    def programs(self, model: str) -> dict[Language, str]:
        """Return the client code for the live version, by language."""
        stack = Stack(local=True, home=self.embedded.home)
        live = Endpoint(model, stack=stack)
        return {language: live.snippet(language) for language in Language}

    def delete(self, model: str) -> Published:
        """Retire a model like `modeldrop delete`, and assert that a subscriber is notified."""
        with self._queue(model) as queue:
            published = retire(self.embedded.session(), self.embedded.outputs, model)
            got = queue.wait_for(published.content["execution_arn"])
        return _received(got, published)

    def stop_serving(self, containing: str = "modeldrop-") -> None:
        """Delete only the endpoints, because a server takes about 400 MB of memory."""
        sagemaker = self.client("sagemaker")
        for page in sagemaker.get_paginator("list_endpoints").paginate(NameContains=containing):
            for each in page["Endpoints"]:
                # Fails for an endpoint that is already deleted or being deleted.
                with suppress(sagemaker.exceptions.ClientError):
                    sagemaker.delete_endpoint(EndpointName=each["EndpointName"])

    def delete_drop(self, key: str) -> Outcome:
        """Delete a dropped object like any S3 client, and follow the execution."""
        bucket = self.embedded.output("DropBucketName")
        with self._queue(key.rpartition("/")[0]) as queue:
            self.client("s3").delete_object(Bucket=bucket, Key=key)
            return self._follow(self._retirement_of(key), queue)

    def watch(self, model: str) -> list[Outcome]:
        """Invoke Watch Endpoints, and follow the executions that it starts for a model."""
        function = self.embedded.output("WatchEndpointsFunctionName")
        with self._queue(model) as queue:
            answer = self.client("lambda").invoke(FunctionName=function, Payload=b"{}")
            response = json.loads(answer["Payload"].read())
            assert "FunctionError" not in answer, response
            started = [
                each for each in response["started"] if each.startswith(self.endpoint(model))
            ]
            executions = self._retire_machine.replace(":stateMachine:", ":execution:")
            return [self._follow(f"{executions}:{each}", queue) for each in started]

    def ask_to_retire(self, model: str, content: dict[str, Any]) -> Outcome:
        """Start the retire workflow with this input, and follow it to its notification."""
        with self._queue(model) as queue:
            return self._follow(self.start_retirement(content), queue)

    def nothing_retired(self, content: dict[str, Any]) -> bool:
        """Return whether the retire workflow ends without a notification for this input."""
        arn = self.start_retirement(content)
        ended = self.executions.ended(arn)
        quiet = "Publish Retirement" not in self.states_of(Outcome(arn, ended["status"], NOTHING))
        return quiet and ended["status"] == "SUCCEEDED"

    def input_of(self, outcome: Outcome) -> dict[str, Any]:
        found = self.client("stepfunctions").describe_execution(executionArn=outcome.execution_arn)
        content: dict[str, Any] = json.loads(found["input"])
        return content

    def abandon(
        self, name: str, model: Path, spec: Path | None = None, pool: str | None = None
    ) -> str:
        """Drop a model, stop its execution once the endpoint exists, and return the endpoint.

        `pool` is the endpoint of the model's pool.
        """
        containing = pool or self.endpoint(name)
        before = self._endpoints(containing)
        arn = self._start(Drop(name, model, spec))
        created = until_in_workflow(
            lambda: self._endpoints(containing) - before, f"no endpoint of {name} has been created"
        )
        self.client("stepfunctions").stop_execution(executionArn=arn)
        endpoint = min(created)
        self.client("sagemaker").get_waiter("endpoint_in_service").wait(
            EndpointName=endpoint, WaiterConfig={"Delay": 1}
        )
        return endpoint

    def abandon_update(self, endpoint: str, name: str, model: Path, spec: Path) -> None:
        """Drop a model, and stop its execution once the endpoint is being updated."""
        arn = self._start(Drop(name, model, spec))
        describe = self.client("sagemaker").describe_endpoint
        until(
            lambda: describe(EndpointName=endpoint)["EndpointStatus"] == "Updating",
            LIMIT_SECONDS,
            problem=f"{endpoint} has not been updated",
        )
        self.client("stepfunctions").stop_execution(executionArn=arn)

    def _start(self, drop: Drop) -> str:
        """Upload a drop, and return the ARN of the execution that it starts."""
        dropped = put(self.client("s3"), self.embedded.output("DropBucketName"), drop)
        return find_execution(self.client("stepfunctions"), self._machine, dropped)

    def _endpoints(self, containing: str) -> set[str]:
        listed = self.client("sagemaker").list_endpoints(NameContains=containing)
        return {each["EndpointName"] for each in listed["Endpoints"]}

    def start_retirement(self, content: dict[str, Any]) -> str:
        """Start the retire workflow with this input, and return the ARN of the execution."""
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=self._retire_machine, input=json.dumps(content)
        )
        arn: str = started["executionArn"]
        return arn

    def _retirement_of(self, key: str) -> str:
        def started() -> str | None:
            listed = self.client("stepfunctions").list_executions(
                stateMachineArn=self._retire_machine
            )
            arns: list[str] = [each["executionArn"] for each in listed["executions"]]
            return next((arn for arn in arns if self._key(arn) == key), None)

        return until_in_workflow(started, f"no retirement has started for {key}")

    def _key(self, arn: str) -> str | None:
        """Return the key of the object whose event started an execution; None without one."""
        event = self.executions.event(arn)
        key: str | None = event.get("detail", {}).get("object", {}).get("key")
        return key

    def put(self, key: str, content: bytes) -> str:
        """Put an object into the drop bucket, and return its entity tag as in events."""
        bucket = self.embedded.output("DropBucketName")
        put = self.client("s3").put_object(Bucket=bucket, Key=key, Body=content)
        etag: str = put["ETag"].strip('"')
        return etag

    def failed_attempts(self, outcome: Outcome, state: str) -> list[str]:
        """Return the errors of a state's failed attempts, in order."""
        return [
            event[kind]["error"]
            for event in self._events_of(outcome, state)
            for kind in ("taskFailedEventDetails", "lambdaFunctionFailedEventDetails")
            if kind in event
        ]

    def calls(self, outcome: Outcome, state: str) -> int:
        """Return the number of times that a state has called its function."""
        return sum(
            event["type"] in {"TaskScheduled", "LambdaFunctionScheduled"}
            for event in self._events_of(outcome, state)
        )

    def _events_of(self, outcome: Outcome, state: str) -> Iterator[dict[str, Any]]:
        """Yield the events after a state was entered, until another is entered."""
        current = ""
        for event in self._history(outcome):
            if "stateEnteredEventDetails" in event:
                current = event["stateEnteredEventDetails"]["name"]
            if current == state:
                yield event

    @property
    def executions(self) -> Executions:
        """The executions of the workflow, for tests with many concurrent drops."""
        return Executions(self.client("stepfunctions"), self._machine, self._running_executions)

    @cached_property
    def _running_executions(self) -> RunningExecutions:
        return RunningExecutions(self.client("stepfunctions"))

    @property
    def _machine(self) -> str:
        return self.embedded.output("DeployModelStateMachineArn")

    @property
    def _retire_machine(self) -> str:
        return self.embedded.output("RetireModelStateMachineArn")

    def _queue(self, model: str) -> AbstractContextManager[TopicQueue]:
        """Subscribe to the result topic for one model."""
        return self.subscribe("ResultTopicArn", model=[model])

    def subscribe(self, output: str, **policy: list[str]) -> AbstractContextManager[TopicQueue]:
        """Subscribe a queue to the topic of an output, with a filter policy."""
        return topic_queue(
            self.client("sns"),
            self.client("sqs"),
            self.embedded.output(output),
            FilterPolicy=json.dumps(policy),
        )

    def _follow(self, arn: str, queue: TopicQueue) -> Outcome:
        self.executions.ended(arn)
        outcome = read_outcome(self.client("stepfunctions"), arn)
        got = queue.wait_for(arn)
        return replace(outcome, notification=replace(got, words=outcome.notification.words))

    def _wait_for_endpoint(self, endpoint: str) -> None:
        """Wait until the endpoint or its staging endpoint exists."""
        until_in_workflow(lambda: self._endpoints(endpoint), f"{endpoint} has not been created")

    def _history(self, outcome: Outcome) -> Iterator[dict[str, Any]]:
        pages = self.client("stepfunctions").get_paginator("get_execution_history")
        for page in pages.paginate(executionArn=outcome.execution_arn):
            yield from page["events"]

    def endpoint(self, model: str) -> str:
        return endpoint_name(self.embedded.output("EndpointPrefix"), model)

    def left_of(self, model: str) -> list[str]:
        """Return all resources of a model in SageMaker and the artifact bucket."""
        sagemaker, s3 = self.client("sagemaker"), self.client("s3")
        endpoint = self.endpoint(model)
        left = [
            f"endpoint {each['EndpointName']}"
            for each in sagemaker.list_endpoints(NameContains=endpoint)["Endpoints"]
            if each["EndpointName"] == endpoint or version_in(endpoint, each["EndpointName"])
        ]
        for kind, key, name in (
            ("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
            ("list_models", "Models", "ModelName"),
        ):
            found = getattr(sagemaker, kind)(NameContains=endpoint)[key]
            left += [f"{key} {each[name]}" for each in found if version_in(endpoint, each[name])]
        bucket = self.embedded.output("ArtifactBucketName")
        files = s3.list_objects_v2(Bucket=bucket, Prefix=f"{model}/").get("Contents", [])
        return left + [each["Key"] for each in files]

    def states_of(self, outcome: Outcome) -> list[str]:
        """Return the states that an execution entered, in order."""
        return [
            event["stateEnteredEventDetails"]["name"]
            for event in self._history(outcome)
            if "stateEnteredEventDetails" in event
        ]

    def invoke(self, model: str, body: bytes, content_type: str) -> tuple[bytes, str]:
        answer = self.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=self.endpoint(model), Body=body, ContentType=content_type
        )
        return answer["Body"].read(), answer["ContentType"]


def content_of(outcome: Outcome) -> dict[str, Any]:
    """Return the JSON content of the notification."""
    return outcome.notification.content


def summary(outcome: Outcome) -> str:
    """Return the notification as text, for assertion messages."""
    return json.dumps(content_of(outcome), indent=2)


def _received(got: Published, published: Published) -> Published:
    """Assert that the queue got the notification of an execution, and add the message attributes.

    A queue gets only JSON; the text for people is in the execution's output.
    """
    assert replace(got, attributes={}) == replace(published, words="")
    return replace(published, attributes=got.attributes)
