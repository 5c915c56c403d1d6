"""The input and output of each state of deploy_model, in pipeline order.

A state's `Arguments` are exactly the fields of its input; `Assign` keeps its output. A test
compares this file with statemachine/deploy_model.asl.json.
"""

from pydantic import AwareDatetime

from model_packager.sagemaker.hosting import Hosting
from model_packager.signature import Signature
from model_packager.spec.hosting_spec import Packaging
from model_packager.spec.operation_spec import Autoscaling, Rollout
from model_packager.spec.smoke_test_spec import SmokeTest
from model_packager.status import Status
from model_packager.stored import (
    CaughtError,
    Deployment,
    Package,
    ServableModel,
    SmokeResult,
    Source,
)
from workflow.contracts.base import Contract


class Sidecar(Contract):
    """An object beside the dropped one, by its name in the same folder, and its state."""

    name: str
    etag: str


class FindModelInput(Contract):
    """Find Model: the S3 event of a deploy.yaml that came without a model."""

    source: Source
    event_time: AwareDatetime
    execution_arn: str


class FindModelOutput(Contract):
    """Find Model: the model beside it; null where nothing is to be deployed anew."""

    source: Source | None


class RestoreVersionInput(Contract):
    """Restore Version: which of the versions that are kept is to serve again."""

    source: Source
    version: str
    execution_arn: str


class RestoreVersionOutput(Contract):
    """Restore Version: what Inspect Model and Package Model came to know of it in its time."""

    deployment: Deployment
    source: Source
    servable: ServableModel
    package: Package


class InspectModelInput(Contract):
    """Inspect Model: the S3 event, as far as it matters."""

    source: Source
    event_time: AwareDatetime
    execution_arn: str


class SpecValue(Contract):
    """A value of the spec as it holds, in JSON, and who said so; long ones are cut."""

    key: str
    value: str
    origin: str


class InspectModelOutput(Contract):
    """Inspect Model: everything that later states need to know of the drop.

    `staging_endpoint` is where the version is to be tested first, null where it is not.
    """

    deployment: Deployment
    servable: ServableModel
    spec_values: tuple[SpecValue, ...]
    labels: Sidecar | None
    sample: tuple[Sidecar, ...]
    staging_endpoint: str | None


class PackageModelInput(Contract):
    """Package Model. `has_labels`: the model has a labels.txt, beside it or inside it."""

    deployment: Deployment
    source: Source
    config_pbtxt: str
    has_labels: bool
    labels: Sidecar | None
    sample: tuple[Sidecar, ...]
    packaging: Packaging


class PackageModelOutput(Contract):
    """Package Model."""

    package: Package


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
    """Create Endpoint. `target` is the endpoint's name: the model's own, or the staging one's.

    `restoring`: the version is older than others on purpose.
    """

    deployment: Deployment
    target: str
    restoring: bool
    hosting: Hosting
    rollout: Rollout


class CreateEndpointOutput(Contract):
    """Create Endpoint: created, or updated in place, which may wait so long on purpose."""

    endpoint_arn: str
    rollout_seconds: int


class CheckEndpointInput(Contract):
    """Check Endpoint. Seconds that the endpoint has had, and that it is given."""

    deployment: Deployment
    target: str
    restoring: bool
    waited_seconds: int
    timeout_seconds: int


class CheckEndpointOutput(Contract):
    """Check Endpoint: `ready` means InService on the config asked for."""

    ready: bool
    endpoint_status: str


class NextInstanceTypeInput(Contract):
    """Next Instance Type: AWS has no capacity of the one in `hosting`."""

    deployment: Deployment
    target: str
    servable: ServableModel


class NextInstanceTypeOutput(Contract):
    """Next Instance Type: the model with the hosting to try next."""

    servable: ServableModel


class SmokeTestInput(Contract):
    """Smoke Test."""

    deployment: Deployment
    target: str
    signature: Signature
    smoke_test: SmokeTest
    has_labels: bool


class SmokeTestOutput(Contract):
    """Smoke Test. `latencies_ms` are those that the percentiles were taken of, thinned out."""

    smoke: SmokeResult
    latencies_ms: tuple[float, ...]


class DeleteStagingEndpointInput(Contract):
    """Delete Staging Endpoint: the version has passed its test there."""

    deployment: Deployment


class DeleteStagingEndpointOutput(Contract):
    """Delete Staging Endpoint: the endpoint that is being deleted."""

    staging_endpoint: str


class RecordDeploymentInput(Contract):
    """Record Deployment: all that there is to know of a version that serves."""

    deployment: Deployment
    source: Source
    servable: ServableModel
    package: Package
    smoke: SmokeResult
    recovered_errors: list[CaughtError]
    restoring: bool


class RecordDeploymentOutput(Contract):
    """Record Deployment: the S3 URI of deployment.json, and the version that served before."""

    record_uri: str
    superseded_version: str | None


class ScaleEndpointInput(Contract):
    """Scale Endpoint: how many instances are to serve, null for as many as there are.

    `tags` are those that the spec and the stack wish for.
    """

    deployment: Deployment
    autoscaling: Autoscaling | None
    tags: dict[str, str]


class ScaleEndpointOutput(Contract):
    """Scale Endpoint."""

    scaled: bool


class RemoveOldVersionsInput(Contract):
    """Remove Old Versions."""

    deployment: Deployment


class RemoveOldVersionsOutput(Contract):
    """Remove Old Versions: those that are gone."""

    removed: list[str]


class RollBackInput(Contract):
    """Roll Back: undoes what this execution did, one step a call."""

    deployment: Deployment
    restoring: bool


class RollBackOutput(Contract):
    """Roll Back: repeated until `done`; `remaining` names what still waits for its removal."""

    done: bool
    remaining: list[str]


class Ending(Contract):
    """How an execution ends. Fields are null or empty if the execution did not get that far.

    Attributes:
        failure: the error that ended the deployment.
        recovered_errors: errors that did not end it.
        remaining: resources that Roll Back could not remove.
        restoring: the execution restores an earlier version.
        superseded_version: the version that was live before.
    """

    source: Source
    execution_arn: str
    deployment: Deployment | None
    servable: ServableModel | None
    smoke: SmokeResult | None
    failure: CaughtError | None
    recovered_errors: list[CaughtError]
    remaining: list[str]
    restoring: bool
    superseded_version: str | None


class WriteReportInput(Contract):
    """Write Report. `latencies_ms`: a sample of those of the smoke test."""

    ending: Ending
    event_time: AwareDatetime
    spec_values: tuple[SpecValue, ...]
    package: Package | None
    latencies_ms: tuple[float, ...]


class WriteReportOutput(Contract):
    """Write Report: the page's S3 URI; null for a duplicate, which the first execution reports."""

    report_uri: str | None


class PublishResultInput(Contract):
    """Publish Result. The URIs are null if there is no record or no report."""

    ending: Ending
    record_uri: str | None
    report_uri: str | None


class PublishResultOutput(Contract):
    """Publish Result: how the execution is to end. `error` and `cause` are empty after success.

    `subject` and `message` are what subscribers got: who follows an execution reads them in its
    history, and needs no subscription.
    """

    status: Status
    error: str
    cause: str
    subject: str
    message: str
