"""What each state takes and gives, in pipeline order.

A state's `Arguments` are exactly the fields of its input; its output is kept with `Assign`. A test
holds this file against statemachine/deploy_model.asl.json.
"""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from model_packager.deploy_spec import DeploySpec, SmokeTest
from model_packager.hosting import Hosting
from model_packager.model_warnings import ModelWarning
from model_packager.signature import Signature


class Contract(BaseModel):
    """Frozen, and refusing what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Contract):
    """The dropped object. `version_id` is null where the bucket or the event has none."""

    bucket: str
    key: str
    etag: str
    version_id: str | None = None


class Deployment(Contract):
    """Who is deployed, and by which execution: the identity that every later state carries."""

    model: str
    version: str
    endpoint: str
    execution_arn: str


class InspectModelInput(Contract):
    """Inspect Model: the S3 event, as far as it matters."""

    source: Source
    event_time: AwareDatetime
    execution_arn: str


class InspectModelOutput(Contract):
    """Inspect Model: everything that later states need to know of the drop."""

    deployment: Deployment
    signature: Signature
    spec: DeploySpec
    hosting: Hosting
    config_pbtxt: str
    labelled: bool
    warnings: tuple[ModelWarning, ...]


class PackageModelInput(Contract):
    """Package Model. `labelled`: the model has a labels.txt, beside it or inside it."""

    deployment: Deployment
    source: Source
    config_pbtxt: str
    labelled: bool


class PackageModelOutput(Contract):
    """Package Model: the S3 URI of model.tar.gz."""

    artifact_uri: str


class CreateModelInput(Contract):
    """Create Model."""

    deployment: Deployment
    artifact_uri: str
    hosting: Hosting


class CreateModelOutput(Contract):
    """Create Model."""

    model_arn: str


class CreateEndpointConfigInput(Contract):
    """Create Endpoint Config."""

    deployment: Deployment
    hosting: Hosting


class CreateEndpointConfigOutput(Contract):
    """Create Endpoint Config."""

    endpoint_config_arn: str


class CreateEndpointInput(Contract):
    """Create Endpoint."""

    deployment: Deployment


class CreateEndpointOutput(Contract):
    """Create Endpoint: created, or updated in place."""

    endpoint_arn: str


class CheckEndpointInput(Contract):
    """Check Endpoint."""

    deployment: Deployment


class CheckEndpointOutput(Contract):
    """Check Endpoint: `ready` means InService on the config asked for."""

    ready: bool
    endpoint_status: str


class SmokeTestInput(Contract):
    """Smoke Test."""

    deployment: Deployment
    source: Source
    signature: Signature
    smoke_test: SmokeTest
    labelled: bool


class Ranking(Contract):
    """One class of a classifier's answer. `label` is null where the model brings no labels."""

    index: int
    label: str | None
    score: float


class SmokeResult(Contract):
    """What the endpoint answered. Latencies in milliseconds, sizes in bytes.

    The first request is left out of the percentiles. `limits` are the ones that the spec sets, by
    the field that they limit; `checks` says in words what held.
    """

    passed: bool
    request_format: Literal["binary", "json"]
    input: str
    requests: int
    first_ms: float
    p50_ms: float
    p95_ms: float
    limits: dict[str, float]
    request_bytes: int
    response_bytes: int
    output_shapes: dict[str, list[int]]
    golden: str
    checks: list[str]
    top: list[Ranking]


class SmokeTestOutput(Contract):
    """Smoke Test."""

    smoke: SmokeResult


class RollBackInput(Contract):
    """Roll Back: undoes what this execution did, one step a call."""

    deployment: Deployment


class RollBackOutput(Contract):
    """Roll Back: repeated until `done`; `remaining` names what still waits for its removal."""

    done: bool
    remaining: list[str]


class Failure(Contract):
    """The first error, as Step Functions caught it. `cause` may be Lambda's JSON."""

    state: str
    error: str
    cause: str


class Status(StrEnum):
    """How a drop ended."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    SUPERSEDED = "SUPERSEDED"
    DUPLICATE = "DUPLICATE"
    ROLLED_BACK = "ROLLED_BACK"


class PublishResultInput(Contract):
    """Publish Result. Fields are null as far as the execution did not come to know them."""

    source: Source
    execution_arn: str
    deployment: Deployment | None
    signature: Signature | None
    warnings: tuple[ModelWarning, ...]
    smoke: SmokeResult | None
    failure: Failure | None
    remaining: list[str]


class PublishResultOutput(Contract):
    """Publish Result: how the execution is to end. `error` and `cause` are empty after success."""

    status: Status
    error: str
    cause: str
