"""A transform job: its request, its settings and its status.

Sources: CreateTransformJob and DescribeTransformJob (API reference); SageMaker's developer guide,
"Custom Inference Code with Batch Transform", for the environment variables.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from modeldrop.local.sagemaker.hosting.fleet import RunningVariant
from modeldrop.local.sagemaker.hosting.fleet_plan import VariantPlan, plan_variant
from modeldrop.local.sagemaker.hosting.registry import now

Status = Literal["InProgress", "Completed", "Failed", "Stopping", "Stopped"]

DEFAULT_PAYLOAD_MB = 6
_TIMEOUT_SECONDS = 600
_MAX_RETRIES = 3
_MB = 1_000_000  # AWS does not document whether this is 10**6 or 2**20; this is the smaller size
# "the job will stop after 30 minutes" without a healthy /ping (aws/amazon-sagemaker-examples#815).
_STARTUP_SECONDS = 1800.0


@dataclass(frozen=True)
class TransformSettings:
    """The settings of a job for each object.

    Attributes:
        headers: the headers of each request.
        splits_lines: whether each line is a record; otherwise the whole object is one request.
        fills_payloads: whether a request has as many records as fit into a payload.
        ends_lines: whether a newline follows each response in the output.
        max_payload_bytes: the maximum size of a request; None for any size, in chunked encoding.
        max_payload_mb, strategy: the requested values, for the log.
        concurrency: the number of requests at the same time.
        timeout_seconds: the time limit of a request.
        max_retries: how often to retry a failed request.
    """

    headers: Mapping[str, str]
    splits_lines: bool
    fills_payloads: bool
    ends_lines: bool
    max_payload_bytes: int | None
    max_payload_mb: int
    strategy: str
    concurrency: int
    timeout_seconds: float
    max_retries: int


def settings_of(request: Mapping[str, Any]) -> TransformSettings:
    """Return the settings of a CreateTransformJob request, with AWS's defaults.

    A container could override the defaults in /execution-parameters, but Triton does not have it.
    """
    source, output = request["TransformInput"], request["TransformOutput"]
    client = request.get("ModelClientConfig", {})
    payload = request.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB)
    strategy = request.get("BatchStrategy", "MultiRecord")
    headers = {"content-type": source.get("ContentType"), "accept": output.get("Accept")}
    return TransformSettings(
        headers={name: value for name, value in headers.items() if value},
        splits_lines=source.get("SplitType", "None") == "Line",
        fills_payloads=strategy == "MultiRecord",
        ends_lines=output.get("AssembleWith", "None") == "Line",
        max_payload_bytes=payload * _MB if payload else None,
        max_payload_mb=payload,
        strategy=_in_capitals(strategy),
        concurrency=request.get("MaxConcurrentTransforms") or 1,
        timeout_seconds=float(client.get("InvocationsTimeoutInSeconds", _TIMEOUT_SECONDS)),
        max_retries=client.get("InvocationsMaxRetries", _MAX_RETRIES),
    )


def container_plan(request: Mapping[str, Any], model: dict[str, Any]) -> VariantPlan:
    """Return the plan of a job's container, from the model and the job's environment variables.

    Args:
        request: the CreateTransformJob request.
        model: the CreateModel request.
    """
    resources = request["TransformResources"]
    plan = plan_variant(
        {
            "VariantName": "transform",
            "InstanceType": resources["InstanceType"],
            "InitialInstanceCount": resources["InstanceCount"],
        },
        model,
    )
    return replace(
        plan,
        environment={**plan.environment, **_environment(request)},
        startup_seconds=_STARTUP_SECONDS,
        is_transform=True,
    )


def _environment(request: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment variables.

    SageMaker sets the last three only if the request has them.
    """
    members = {
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": "MaxPayloadInMB",
        "SAGEMAKER_BATCH_STRATEGY": "BatchStrategy",
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "MaxConcurrentTransforms",
    }
    given = {
        variable: _in_capitals(str(request[member]))
        for variable, member in members.items()
        if member in request
    }
    return {**request.get("Environment", {}), "SAGEMAKER_BATCH": "true", **given}


def _in_capitals(strategy: str) -> str:
    """Convert a BatchStrategy to the container's form, such as SINGLE_RECORD."""
    return {"SingleRecord": "SINGLE_RECORD", "MultiRecord": "MULTI_RECORD"}.get(strategy, strategy)


@dataclass(eq=False)
class TransformJob:
    """A job. Hold the lock of `TransformJobs` to change it.

    Attributes:
        plan: the plan of the container.
        stopping: set this event to end the job.
        container: the running container; None before and after.
    """

    name: str
    arn: str
    request: dict[str, Any]
    plan: VariantPlan
    status: Status = "InProgress"
    failure_reason: str | None = None
    created: datetime = field(default_factory=now)
    modified: datetime = field(default_factory=now)
    started: datetime | None = None
    ended: datetime | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    container: RunningVariant | None = None

    def set_status(self, status: Status, failure_reason: str | None = None) -> None:
        """Enter a status."""
        self.status, self.failure_reason = status, failure_reason
        self.modified = now()
        if status in {"Completed", "Failed", "Stopped"}:
            self.ended = self.modified

    def description(self) -> dict[str, Any]:
        """Return the members of DescribeTransformJob's response."""
        members = {
            **{name: value for name, value in self.request.items() if name != "Tags"},
            "TransformJobArn": self.arn,
            "TransformJobStatus": self.status,
            "FailureReason": self.failure_reason,
            "CreationTime": self.created,
            "TransformStartTime": self.started,
            "TransformEndTime": self.ended,
        }
        return {name: value for name, value in members.items() if value is not None}
