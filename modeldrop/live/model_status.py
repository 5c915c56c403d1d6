"""The status of every model: live version, endpoint, last result, and requests.

Sources: SageMaker (endpoints), the artifact bucket (versions), Step Functions (last result), and
CloudWatch (requests and errors).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from model_packager.names.endpoint import endpoint_name, version_in
from modeldrop.aws_errors import is_missing_resource
from modeldrop.executions.last_executions import AT_A_TIME, last_executions
from modeldrop.live.traffic import Traffic, read_traffic
from modeldrop.model_names import model_names
from modeldrop.stored_documents import read_live, read_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from boto3 import Session
    from mypy_boto3_sagemaker import SageMakerClient

    from model_packager.stored import DeploymentRecord
    from modeldrop.executions.last_executions import LastExecution

Activity = Literal["running", "queued", "scaling from zero", "scaled to zero"]
"""What an asynchronous endpoint does. `queued`: requests wait or run."""


@dataclass(frozen=True)
class RunningEndpoint:
    """The description of an endpoint by SageMaker.

    Attributes:
        instances: the current number of instances; None before there are any.
        desired: the desired number of instances.
        is_async: whether it has a queue.
        instance_type: the type of a pool, which another model's drop may have changed; otherwise
            None.
    """

    status: str
    config: str
    instances: int | None
    desired: int | None = None
    is_async: bool = False
    instance_type: str | None = None

    def activity(self, queued: int) -> Activity | None:
        """Return the activity of an asynchronous endpoint; None for others, and while it starts."""
        if not self.is_async or self.instances is None:
            return None
        if self.instances == 0:
            return "scaling from zero" if queued or self.desired else "scaled to zero"
        return "queued" if queued else "running"


@dataclass(frozen=True)
class ModelStatus:
    """The status of a model.

    Attributes:
        live: the version in live.json, which passed its test last; None without one.
        live_label: its short label, such as v3.
        live_since: when it passed its test.
        serving: the version that SageMaker runs; it may be under test.
        endpoint_status: the EndpointStatus; None without an endpoint.
        last: the last deployment; None if Step Functions no longer has it.
        requests: the number of requests in the last hour; in a pool, to all its models.
        client_errors: the number of these requests with a 4XX response.
        server_errors: the number of these requests with a 5XX response.
        pool: the pool with these instances and requests; None if the model has its own endpoint.
        activity: the activity of an asynchronous endpoint; None for others.
        queued: the number of requests that wait or run; None without a queue.
        asleep_since: when the model was put to sleep; None if it is awake.
    """

    model: str
    endpoint: str
    live: str | None
    live_since: datetime | None
    serving: str | None
    endpoint_status: str | None
    instance_type: str | None
    instance_count: int | None
    last: LastExecution | None
    requests: int = 0
    activity: Activity | None = None
    queued: int | None = None
    asleep_since: datetime | None = None
    live_label: str | None = None
    client_errors: int = 0
    server_errors: int = 0
    pool: str | None = None

    @property
    def last_result(self) -> str | None:
        """The result of the last deployment; SUCCEEDED for a live version without an execution."""
        return self.last.result if self.last else "SUCCEEDED" if self.live else None


def read_status(
    session: Session, *, prefix: str, artifact_bucket: str, machine_arn: str
) -> list[ModelStatus]:
    """Return the status of all models, by name."""
    s3, sagemaker = session.client("s3"), session.client("sagemaker")
    last = last_executions(session.client("stepfunctions"), machine_arn)
    existing = set(_endpoints(sagemaker, prefix))
    names = sorted({*model_names(s3, artifact_bucket), *last})
    traffic = read_traffic(session.client("cloudwatch"), sorted(existing), datetime.now(UTC))

    def read_one(model: str) -> ModelStatus | None:
        live = read_live(s3, artifact_bucket, model)
        endpoint = live.endpoint if live and live.pool else endpoint_name(prefix, model)
        running = _describe(sagemaker, endpoint) if endpoint in existing else None
        if running is not None and live and live.pool:
            running = replace(running, instance_type=_type_in(sagemaker, running.config))
        record = read_record(s3, artifact_bucket, model, live.version) if live else None
        return status_of(
            model,
            endpoint,
            running,
            record,
            last.get(model),
            traffic.get(endpoint, Traffic()),
            live.asleep_since if live else None,
            pool=live.pool if live else None,
        )

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return [each for each in pool.map(read_one, names) if each is not None]


def status_of(
    model: str,
    endpoint: str,
    running: RunningEndpoint | None,
    record: DeploymentRecord | None,
    last: LastExecution | None,
    traffic: Traffic,
    asleep_since: datetime | None = None,
    *,
    pool: str | None = None,
) -> ModelStatus | None:
    """Combine the sources; None for a retired model.

    In a pool, SageMaker knows neither the live version nor the requests of one model.
    """
    if running is None and record is None and (last is None or last.result == "SUCCEEDED"):
        return None
    hosting = record.servable.hosting if record else None
    serving = version_in(endpoint, running.config) if running else None
    if pool and running and record:
        serving = record.version
    return ModelStatus(
        model=model,
        endpoint=endpoint,
        live=record.version if record else None,
        live_since=record.deployed_at if record else None,
        serving=serving,
        endpoint_status=running.status if running else None,
        instance_type=running.instance_type or hosting.instance_type
        if hosting and running
        else None,
        instance_count=running.instances if running else None,
        last=last,
        requests=traffic.requests,
        client_errors=traffic.client_errors,
        server_errors=traffic.server_errors,
        pool=pool,
        activity=running.activity(traffic.queued) if running else None,
        queued=traffic.queued if running and running.is_async else None,
        asleep_since=asleep_since if running is None else None,
        live_label=record.label if record else None,
    )


def _endpoints(sagemaker: SageMakerClient, prefix: str) -> Iterator[str]:
    pages = sagemaker.get_paginator("list_endpoints")
    for page in pages.paginate(NameContains=f"{prefix}-"):
        yield from (each["EndpointName"] for each in page["Endpoints"])


def _describe(sagemaker: SageMakerClient, endpoint: str) -> RunningEndpoint | None:
    """Describe an endpoint; None if it was deleted after it was listed."""
    try:
        found: Mapping[str, Any] = sagemaker.describe_endpoint(EndpointName=endpoint)
    except ClientError as error:
        if is_missing_resource(error):
            return None
        raise
    variants: Sequence[Any] = found.get("ProductionVariants", ())
    counts = [each["CurrentInstanceCount"] for each in variants if "CurrentInstanceCount" in each]
    return RunningEndpoint(
        status=found["EndpointStatus"],
        config=found["EndpointConfigName"],
        instances=sum(counts) if counts else None,
        desired=sum(each.get("DesiredInstanceCount", 0) for each in variants),
        is_async="AsyncInferenceConfig" in found,
    )


def _type_in(sagemaker: SageMakerClient, config: str) -> str | None:
    """Return the instance type of a config; None if it was deleted, or has none."""
    try:
        described = sagemaker.describe_endpoint_config(EndpointConfigName=config)
    except ClientError as error:
        if is_missing_resource(error):
            return None
        raise
    return described["ProductionVariants"][0].get("InstanceType")
