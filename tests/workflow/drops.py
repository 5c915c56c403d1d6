"""Dropping models into the embedded cloud, and looking at what is left of them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model_packager.names import endpoint_name, version_in
from modeldrop.drop import Drop, Dropped
from modeldrop.execution import find_execution, follow
from modeldrop.local.machine_faults_client import MachineFaultsClient
from modeldrop.local.run import run
from modeldrop.local.sagemaker.faults import FaultsClient
from modeldrop.notification_queue import NotificationQueue, Published, notification_queue
from modeldrop.outcome import Outcome
from modeldrop.retirement import retire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from modeldrop.local.cloud import EmbeddedCloud

NOTHING = Published("", "", {}, {})


@dataclass(frozen=True)
class Cloud:
    """The embedded cloud, and the faults of its SageMaker and of its machine room."""

    embedded: EmbeddedCloud
    faults: FaultsClient
    machine_faults: MachineFaultsClient

    @classmethod
    def of(cls, embedded: EmbeddedCloud) -> Cloud:
        """Take a cloud that runs."""
        return cls(
            embedded,
            FaultsClient(embedded.sagemaker_url),
            MachineFaultsClient(embedded.aws_url),
        )

    def client(self, service: str) -> Any:
        return self.embedded.session().client(service)  # type: ignore[call-overload]

    def drop(
        self, name: str, model: Path, spec: Path | None = None, sample: Path | None = None
    ) -> Outcome:
        return run(self.embedded, Drop(name, model, spec, sample))

    def put_and_follow(self, key: str, content: bytes) -> Outcome:
        """Put an object as any S3 client can, and follow what it starts."""
        bucket = self.embedded.output("DropBucketName")
        with self._queue(key) as queue:  # first: warm functions may be done before it is there
            put = self.client("s3").put_object(Bucket=bucket, Key=key, Body=content)
            dropped = Dropped(bucket, key, put["ETag"].strip('"'), put["VersionId"])
            arn = find_execution(self.client("stepfunctions"), self._machine, dropped)
            return self._follow(arn, queue)

    def repeat(self, outcome: Outcome, model: str, at: str | None = None) -> Outcome:
        """Start the workflow with the event of an earlier execution, at another time if given."""
        stepfunctions = self.client("stepfunctions")
        found = stepfunctions.describe_execution(executionArn=outcome.execution_arn)
        event = json.loads(found["input"])
        with self._queue(model) as queue:
            started = stepfunctions.start_execution(
                stateMachineArn=self._machine,
                input=json.dumps(event | ({"time": at} if at else {})),
            )
            return self._follow(started["executionArn"], queue)

    def repeat_running(self, model: str) -> Outcome:
        """The same, for the execution of a model that has got as far as its endpoint."""
        stepfunctions = self.client("stepfunctions")
        config = self._wait_for_endpoint(model)
        listed = stepfunctions.list_executions(
            stateMachineArn=self._machine, statusFilter="RUNNING"
        )
        for execution in listed["executions"]:
            found = stepfunctions.describe_execution(executionArn=execution["executionArn"])
            if json.loads(found["input"])["detail"]["object"]["key"] == f"{model}/model.pt":
                return self.repeat(Outcome(execution["executionArn"], "RUNNING", NOTHING), model)
        raise AssertionError(f"no execution of {config} is running")

    def delete(self, model: str) -> list[str]:
        """Take a model off, as `modeldrop delete` does."""
        return retire(
            self.embedded.session(),
            model,
            prefix=self.embedded.output("EndpointPrefix"),
            artifact_bucket=self.embedded.output("ArtifactBucketName"),
        )

    def failed_attempts(self, outcome: Outcome, state: str) -> list[str]:
        """The errors of a state's attempts, in order."""
        errors, current = [], ""
        for event in self._history(outcome):
            if "stateEnteredEventDetails" in event:
                current = event["stateEnteredEventDetails"]["name"]
            for kind in ("taskFailedEventDetails", "lambdaFunctionFailedEventDetails"):
                if kind in event and current == state:
                    errors.append(event[kind]["error"])
        return errors

    @property
    def _machine(self) -> str:
        return self.embedded.output("DeployModelStateMachineArn")

    def _queue(self, model: str) -> AbstractContextManager[NotificationQueue]:
        topic = self.embedded.output("ResultTopicArn")
        return notification_queue(self.client("sns"), self.client("sqs"), topic, model)

    def _follow(self, arn: str, queue: NotificationQueue) -> Outcome:
        stepfunctions = self.client("stepfunctions")
        for _visits in follow(stepfunctions, arn):
            pass
        status = stepfunctions.describe_execution(executionArn=arn)["status"]
        return Outcome(arn, status, queue.wait_for(arn))

    def _wait_for_endpoint(self, model: str) -> str:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            left = self.left_of(model)
            if any(each.startswith("endpoint ") for each in left):
                return left[0]
        raise AssertionError(f"no endpoint of {model} has been created")

    def _history(self, outcome: Outcome) -> Iterator[dict[str, Any]]:
        pages = self.client("stepfunctions").get_paginator("get_execution_history")
        for page in pages.paginate(executionArn=outcome.execution_arn):
            yield from page["events"]

    def endpoint(self, model: str) -> str:
        return endpoint_name(self.embedded.output("EndpointPrefix"), model)

    def left_of(self, model: str) -> list[str]:
        """Everything that stands in SageMaker and the artifact bucket for a model."""
        sagemaker, s3 = self.client("sagemaker"), self.client("s3")
        endpoint = self.endpoint(model)
        left = [
            f"endpoint {each['EndpointName']}"
            for each in sagemaker.list_endpoints(NameContains=endpoint)["Endpoints"]
            if each["EndpointName"] == endpoint
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
        """The states that an execution entered, in order."""
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


def told(outcome: Outcome) -> dict[str, Any]:
    """The JSON of the notification."""
    return outcome.notification.content


def summary(outcome: Outcome) -> str:
    """What to show where a test fails."""
    return json.dumps(told(outcome), indent=2)
