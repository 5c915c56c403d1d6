"""The input and output of each state of deploy_model, in pipeline order.

A state's `Arguments` are exactly the fields of its input; `Assign` keeps its output. A test
compares this file with statemachine/deploy_model.asl.json.
"""

from pydantic import AwareDatetime

from model_packager.sagemaker.hosting import Hosting
from model_packager.signature import Signature
from model_packager.spec.hosting_mode import HostingMode
from model_packager.spec.hosting_spec import Endpoint, Packaging
from model_packager.spec.load_profile import LoadProfile
from model_packager.spec.operation_spec import Autoscaling, Rollout
from model_packager.spec.schedule import Schedule
from model_packager.spec.smoke_test_spec import SmokeTest
from model_packager.status import Status
from model_packager.stored import (
    CaughtError,
    Deployment,
    Package,
    PoolChange,
    ServableModel,
    ShadowComparison,
    SmokeResult,
    Source,
)
from workflow.contracts.base import Contract, PublishedNotification


class Sidecar(Contract):
    """A sibling object of the model: its name in the same folder, and its entity tag."""

    name: str
    etag: str


class FindModelInput(Contract):
    """Find Model: the S3 event of a deploy.yaml that was uploaded without a model."""

    source: Source
    event_time: AwareDatetime
    execution_arn: str


class FindModelOutput(Contract):
    """Find Model: the model in the same folder; null if there is nothing to deploy."""

    source: Source | None


class RestoreVersionInput(Contract):
    """Restore Version: the stored version to restore."""

    source: Source
    version: str
    execution_arn: str


class RestoreVersionOutput(Contract):
    """Restore Version: the outputs of Inspect Model and Package Model from the version's record."""

    deployment: Deployment
    source: Source
    servable: ServableModel
    package: Package


class InspectModelInput(Contract):
    """Inspect Model: the relevant fields of the S3 event.

    `redeploying`: a deploy.yaml was uploaded, so the model's uploader did not start this execution.
    """

    source: Source
    redeploying: bool
    event_time: AwareDatetime
    sequencer: str | None
    execution_arn: str


class SpecValue(Contract):
    """An effective value of the spec, as JSON, and its origin. Long values are truncated."""

    key: str
    value: str
    origin: str


class CpuTestFile(Contract):
    """A file of the drop, by its path next to the model.

    Attributes:
        name: the path.
        url: a presigned URL, which is a secret until it expires.
        etag: the entity tag that the URL is signed for.
        size: bytes.
    """

    name: str
    url: str
    etag: str
    size: int


class CpuTest(Contract):
    """The files that Run Model downloads. `input` and `expected` are those of the sample."""

    files: tuple[CpuTestFile, ...]
    input: str | None
    expected: str | None


class InspectModelOutput(Contract):
    """Inspect Model: everything that later states need.

    `source` has the uploader and the commit. `weights`: the weight files next to the model.
    `cpu_test` is null if the stack or the model has no CPU test.
    """

    deployment: Deployment
    source: Source
    servable: ServableModel
    spec_values: tuple[SpecValue, ...]
    labels: Sidecar | None
    sample: tuple[Sidecar, ...]
    weights: tuple[Sidecar, ...]
    cpu_test: CpuTest | None


class RunModelInput(Contract):
    deployment: Deployment
    servable: ServableModel
    cpu_test: CpuTest


class RunModelOutput(Contract):
    """Run Model: the model, with the check that it passed or a warning."""

    servable: ServableModel


class PackageModelInput(Contract):
    """Package Model. `has_labels`: the model has a labels.txt, in its folder or in its archive."""

    deployment: Deployment
    source: Source
    config_pbtxt: str
    has_labels: bool
    labels: Sidecar | None
    sample: tuple[Sidecar, ...]
    weights: tuple[Sidecar, ...]
    packaging: Packaging


class PackageModelOutput(Contract):
    package: Package


class CreateModelInput(Contract):
    deployment: Deployment
    artifact_uri: str
    servable: ServableModel


class CreateModelOutput(Contract):
    """Create Model.

    In a pool, `deployment` names the endpoint config to use, and `servable` has the instances of
    the pool. `pool_change` is null if the drop does not change the pool's endpoint.
    """

    model_arn: str
    deployment: Deployment
    servable: ServableModel
    pool_change: PoolChange | None


class CreateEndpointConfigInput(Contract):
    """Create Endpoint Config. `tested`: the version has passed its test in staging.

    `load` is the load test of the spec, which needs all instances.
    """

    deployment: Deployment
    hosting: Hosting
    rollout: Rollout
    load: LoadProfile | None
    tested: bool


class CreateEndpointConfigOutput(Contract):
    """Create Endpoint Config. `target`: the endpoint to create or update with the config."""

    endpoint_config_arn: str
    target: str


class CreateEndpointInput(Contract):
    """Create Endpoint. `target` names the model's endpoint or the staging endpoint.

    `tested`: the version has passed its test in staging.
    `restoring`: the execution restores an earlier version, so a later one may be live.
    `waking`: it restores the version only if the model sleeps.
    `move_from`: the folder from which the spec moves the model.
    """

    deployment: Deployment
    source: Source
    move_from: str | None
    target: str
    tested: bool
    restoring: bool
    waking: bool
    hosting: Hosting
    rollout: Rollout
    autoscaling: Autoscaling | None


class CreateEndpointOutput(Contract):
    """Create Endpoint. `target` names the endpoint that was created or updated.

    `deployment` has the endpoint config that the endpoint should run; when a version of a pool is
    restored, only this step knows it. `rollout_seconds`: the waiting time that the rollout adds.
    `runs`: the endpoint already runs, like a pool's, so there is nothing to wait for.
    """

    endpoint_arn: str
    deployment: Deployment
    target: str
    rollout_seconds: int
    runs: bool = False


class CheckEndpointInput(Contract):
    """Check Endpoint, with the time since the endpoint was created or updated.

    `endpoint` is that part of the spec; it names the fallback instance types. `signature`
    completes the advice about outputs.
    """

    deployment: Deployment
    target: str
    restoring: bool
    endpoint: Endpoint
    signature: Signature
    instance_type: str
    waited_seconds: int
    timeout_seconds: int


class CheckEndpointOutput(Contract):
    """Check Endpoint: `ready` means InService with the requested config."""

    ready: bool
    endpoint_status: str


class NextInstanceTypeInput(Contract):
    """Next Instance Type: AWS has no capacity for the type in `servable.hosting`."""

    deployment: Deployment
    target: str
    servable: ServableModel


class NextInstanceTypeOutput(Contract):
    """Next Instance Type: the model, with the next hosting to try."""

    servable: ServableModel


class SmokeTestInput(Contract):
    """Smoke Test. `earlier_checks`: the checks that the model passed without an endpoint."""

    deployment: Deployment
    target: str
    signature: Signature
    smoke_test: SmokeTest
    hosting_mode: HostingMode
    has_labels: bool
    earlier_checks: tuple[str, ...]


class SmokeTestOutput(Contract):
    """Smoke Test. `latencies_ms` is a sample of the measured latencies."""

    smoke: SmokeResult
    latencies_ms: tuple[float, ...]


class DeleteStagingEndpointInput(Contract):
    """Delete Staging Endpoint: the version has passed its test on that endpoint."""

    deployment: Deployment


class DeleteStagingEndpointOutput(Contract):
    """Delete Staging Endpoint: the name of the endpoint."""

    staging_endpoint: str


class StartShadowTestInput(Contract):
    """Start Shadow Test: the version has passed its test in staging."""

    deployment: Deployment
    hosting: Hosting
    rollout: Rollout


class StartShadowTestOutput(Contract):
    """Start Shadow Test: the endpoint config with the shadow variant, which the endpoint runs."""

    shadow_config: str


class CompareAnswersInput(Contract):
    """Compare Answers. `smoke_test` has the tolerances, `rollout` the limits."""

    deployment: Deployment
    shadow_config: str
    smoke_test: SmokeTest
    rollout: Rollout


class CompareAnswersOutput(Contract):
    """Compare Answers. `rejection` is null if the version may go live.

    A rejection is a result, not an error, so that the report can show the comparison.
    """

    comparison: ShadowComparison
    rejection: CaughtError | None


class RecordDeploymentInput(Contract):
    """Record Deployment: the contents of the record of the live version."""

    deployment: Deployment
    source: Source
    servable: ServableModel
    package: Package
    smoke: SmokeResult
    recovered_errors: list[CaughtError]
    restoring: bool


class RecordDeploymentOutput(Contract):
    """Record Deployment: the S3 URI of deployment.json, and the previous live version."""

    record_uri: str
    superseded_version: str | None
    superseded_number: int | None


class ScaleEndpointInput(Contract):
    """Scale Endpoint. `autoscaling` is null if requests do not change the number of instances.

    An asynchronous `hosting_mode` is scaled by its queue. `schedule` is null if the model
    never sleeps; `source` is the drop that wakes it. `tags` are the tags from the spec and the
    stack.
    """

    deployment: Deployment
    source: Source
    schedule: Schedule | None
    hosting_mode: HostingMode
    autoscaling: Autoscaling | None
    tags: dict[str, str]


class ScaleEndpointOutput(Contract):
    scaled: bool


class RemoveOldVersionsInput(Contract):
    deployment: Deployment


class RemoveOldVersionsOutput(Contract):
    """Remove Old Versions: the removed versions."""

    removed: list[str]


class RollBackInput(Contract):
    """Roll Back: undoes the changes of this execution, one step per call."""

    deployment: Deployment
    restoring: bool


class RollBackOutput(Contract):
    """Roll Back: repeated until `done`. `remaining` names the resources still to remove."""

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
        superseded_number: its number.
        shadow_comparison: the result of a shadow test.
        pool_change: the change of the pool's endpoint.
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
    superseded_number: int | None
    shadow_comparison: ShadowComparison | None
    pool_change: PoolChange | None


class WriteReportInput(Contract):
    """Write Report. `latencies_ms`: a sample of the latencies in the smoke test."""

    ending: Ending
    event_time: AwareDatetime
    spec_values: tuple[SpecValue, ...]
    package: Package | None
    latencies_ms: tuple[float, ...]


class WriteReportOutput(Contract):
    """Write Report: the page's S3 URI; null for a duplicate, which has no report of its own."""

    report_uri: str | None


class PublishResultInput(Contract):
    """Publish Result. The URIs are null if there is no record or no report."""

    ending: Ending
    record_uri: str | None
    report_uri: str | None


class PublishResultOutput(PublishedNotification):
    """Publish Result: the status of the execution. `error` and `cause` are empty after success."""

    status: Status
    error: str
    cause: str
