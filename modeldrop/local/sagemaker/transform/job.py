"""A transform job: its request, what it does with each object, and its state.

Sources: CreateTransformJob and DescribeTransformJob (API reference); SageMaker's developer guide,
"Custom Inference Code with Batch Transform", has the environment variables.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from modeldrop.local.sagemaker.hosting.fleet import RunningVariant, VariantPlan, plan_variant
from modeldrop.local.sagemaker.hosting.registry import now

Status = Literal["InProgress", "Completed", "Failed", "Stopping", "Stopped"]

DEFAULT_PAYLOAD_MB = 6
_TIMEOUT_SECONDS = 600
_MAX_RETRIES = 3
_MB = 1_000_000  # AWS does not say which; this is the smaller one
# "the job will stop after 30 minutes" without a healthy /ping (aws/amazon-sagemaker-examples#815).
_STARTUP_SECONDS = 1800.0


@dataclass(frozen=True)
class TransformSettings:
    """What a job does with each object.

    Attributes:
        headers: of each request.
        splits_lines: whether each line is a record; else the whole object is one request.
        fills_payloads: whether a request has as many records as its payload can have.
        ends_lines: whether each response ends with a newline in the output.
        max_payload_bytes: of a request; None for any size, in chunked encoding.
        max_payload_mb, strategy: for the log.
        concurrency: how many requests run at once.
        timeout_seconds: how long the container may take for a request.
        max_retries: how often a failed request is sent again.
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
    """The settings of a CreateTransformJob request, with AWS's defaults.

    Triton has no /execution-parameters, so its defaults do not apply.
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
    """What runs the container of a job: its model, and its own environment variables.

    Args:
        request: of CreateTransformJob.
        model: the request of CreateModel.
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
    """SageMaker passes the last three only if the request has them."""
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
    """The container's name of a BatchStrategy, such as SINGLE_RECORD; other text is unchanged."""
    return {"SingleRecord": "SINGLE_RECORD", "MultiRecord": "MULTI_RECORD"}.get(strategy, strategy)


@dataclass(eq=False)
class TransformJob:
    """A job. Change it only while holding the lock of `TransformJobs`.

    Attributes:
        plan: its container.
        stopping: set to end it.
        container: that runs; None before and after.
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
        """The members of DescribeTransformJob's response."""
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
