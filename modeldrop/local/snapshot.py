"""A snapshot of an embedded cloud: its processes, models and latest deployments."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from model_packager.names.artifact import artifact_prefix
from model_packager.names.drop import model_name
from model_packager.names.endpoint import version_in
from model_packager.rejection import ModelRejected
from model_packager.sagemaker.requests import MODEL_TAG
from modeldrop.errors import CommandError
from modeldrop.live.reports import signed_url
from modeldrop.local import process

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from boto3 import Session

    from modeldrop.local.cloud_state import EmbeddedCloud

LAST_DEPLOYMENTS = 10
_TIMEOUT_SECONDS = 30
_SHOWN_FILES = (".html", ".json", ".pbtxt")


@dataclass(frozen=True)
class Server:
    """A process of the cloud: MiniStack, the local SageMaker, or a tritonserver.

    A tritonserver serves an endpoint's variant or a transform job.

    Attributes:
        url: the URL of the API; for a tritonserver, "unix:" and the path of a Unix socket.
    """

    name: str
    url: str
    pid: int
    memory_bytes: int
    log: Path | str


@dataclass(frozen=True)
class HostedEndpoint:
    """An endpoint with its live version.

    Attributes:
        model: the model name in the endpoint's tag; None if Modeldrop did not create the endpoint.
        version: the live version; None if Modeldrop did not create the endpoint config.
        files: the URLs of the live version's reports and configuration, by name; valid for an hour.
    """

    endpoint: str
    model: str | None
    version: str | None
    status: str
    failure_reason: str | None
    changed: datetime
    servers: tuple[Server, ...]
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Deployment:
    """An execution of the workflow. `ended` is None while it runs."""

    model: str
    status: str
    started: datetime
    ended: datetime | None
    execution_arn: str


@dataclass(frozen=True)
class Snapshot:
    """The status of a cloud, with the newest deployment first."""

    cloud: EmbeddedCloud
    processes: tuple[Server, ...]
    hosted: tuple[HostedEndpoint, ...]
    deployments: tuple[Deployment, ...]


def take(cloud: EmbeddedCloud) -> Snapshot:
    """Read the status of a running cloud.

    Raises:
        CommandError: the local SageMaker does not respond.
    """
    session = cloud.session()
    machine = cloud.output("DeployModelStateMachineArn")
    servers = _listed_servers(cloud)
    return Snapshot(
        cloud=cloud,
        processes=(
            _server("MiniStack", cloud.aws_url, cloud.ministack.pid, cloud.log_of("ministack")),
            _server(
                "SageMaker", cloud.sagemaker_url, cloud.sagemaker.pid, cloud.log_of("sagemaker")
            ),
            *_of_transform_jobs(servers),
        ),
        hosted=tuple(_hosted(session, cloud, servers)),
        deployments=tuple(_deployments(session, machine)),
    )


def _listed_servers(cloud: EmbeddedCloud) -> list[Any]:
    # Imported here, because only `status` sends requests to the server.
    import httpx

    from modeldrop.local.access.owner_auth import OwnerAuth

    url, auth = f"{cloud.sagemaker_url}/servers", OwnerAuth(cloud.owner)
    try:
        response = httpx.get(url, auth=auth, trust_env=False, timeout=_TIMEOUT_SECONDS)
        listed: list[Any] = response.raise_for_status().json()
    except httpx.HTTPError as error:
        raise CommandError(
            f"The local SageMaker does not respond: {error}.",
            f"Repeat the command. If it fails again, see {cloud.log_of('sagemaker')}.",
        ) from error
    return listed


def _server(name: str, url: str, pid: int, log: Path | str) -> Server:
    return Server(name, url, pid, process.group_memory(pid), log)


def _of_transform_jobs(servers: Sequence[Any]) -> Iterator[Server]:
    for each in servers:
        if each["job"] is not None:
            yield _server(f"transform {each['job']}", each["url"], each["pid"], each["log"])


def _hosted(
    session: Session, cloud: EmbeddedCloud, servers: Sequence[Any]
) -> Iterator[HostedEndpoint]:
    sagemaker = session.client("sagemaker")
    for page in sagemaker.get_paginator("list_endpoints").paginate(
        SortBy="Name", SortOrder="Ascending"
    ):
        for each in page["Endpoints"]:
            name = each["EndpointName"]
            try:
                found = sagemaker.describe_endpoint(EndpointName=name)
                listed = sagemaker.list_tags(ResourceArn=each["EndpointArn"])["Tags"]
            except ClientError:  # deleted meanwhile
                continue
            tags = {tag["Key"]: tag["Value"] for tag in listed}
            model = tags.get(MODEL_TAG)
            version = version_in(name, found["EndpointConfigName"])
            yield HostedEndpoint(
                endpoint=name,
                model=model,
                version=version,
                status=found["EndpointStatus"],
                failure_reason=found.get("FailureReason"),
                changed=found["LastModifiedTime"],
                servers=tuple(_tritons(servers, name)),
                files=tuple(_files(session, cloud, model, version)) if model and version else (),
            )


def _tritons(servers: Sequence[Any], endpoint: str) -> Iterator[Server]:
    for each in servers:
        if each["endpoint"] == endpoint:
            yield _server(each["variant"], each["url"], each["pid"], each["log"])


def _files(
    session: Session, cloud: EmbeddedCloud, model: str, version: str
) -> Iterator[tuple[str, str]]:
    s3, bucket = session.client("s3"), cloud.output("ArtifactBucketName")
    prefix = artifact_prefix(model, version)
    for item in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
        key = item.get("Key", "")
        if key.endswith(_SHOWN_FILES):
            yield key.removeprefix(prefix), signed_url(session, bucket, key)


def _deployments(session: Session, machine: str) -> Iterator[Deployment]:
    stepfunctions = session.client("stepfunctions")
    listed = stepfunctions.list_executions(stateMachineArn=machine, maxResults=LAST_DEPLOYMENTS)
    for each in listed["executions"]:
        arn = each["executionArn"]
        found = stepfunctions.describe_execution(executionArn=arn)
        yield Deployment(
            model=_model_of(found.get("input", "")),
            status=found["status"],
            started=found["startDate"],
            ended=found.get("stopDate"),
            execution_arn=arn,
        )


def _model_of(execution_input: str) -> str:
    """Return the dropped model. An execution that was started manually may have any input."""
    with suppress(ValueError, KeyError, TypeError):
        key = json.loads(execution_input)["detail"]["object"]["key"]
        try:
            return model_name(key)
        except ModelRejected:
            return str(key)
    return "?"
