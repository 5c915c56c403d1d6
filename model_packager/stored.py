"""The documents that the workflow stores in the artifact bucket.

    <model>/<version>/claim.json        Claim              the execution that deploys the version
    _numbers/<model>.json               LastNumber         the number of the model's last version
    <model>/<version>/deployment.json   DeploymentRecord   the record of a version that went live
    <model>/live.json                   Live               the live version

The functions write them. A later version of Modeldrop may add fields, so other readers pass
`extra="ignore"` to `model_validate_json`, which also applies to nested models.
"""

from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from model_packager.latency_statistics import LatencyStatistics
from model_packager.model_warnings import ModelWarning
from model_packager.names.endpoint import resource_name, staging_endpoint_name
from model_packager.names.pool import pool_config_names, pool_staging_name, target_model
from model_packager.names.version import version_label, version_text
from model_packager.sagemaker.hosting import Hosting
from model_packager.signature import Signature
from model_packager.spec.deploy_spec import DeploySpec
from model_packager.spec.load_profile import LoadPoint


class FrozenModel(BaseModel):
    """Immutable, and rejects unknown fields.

    pydantic builds a model at its first use, because a function imports all of these models and
    uses a few. Validation errors hide the value of the field, because the environment of a
    container may have secrets.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True
    )


class Source(FrozenModel):
    """The dropped object.

    Attributes:
        version_id: null without bucket versioning.
        dropped_by: the uploader, see `upload_metadata.caller_in`; null if unknown.
        git_commit: the commit of the uploader's working copy; null if unknown.
    """

    bucket: str
    key: str
    etag: str
    version_id: str | None = None
    dropped_by: str | None = None
    git_commit: str | None = None


class Deployment(FrozenModel):
    """The identity of a deployment: the model, the version and the execution.

    Attributes:
        endpoint: the endpoint of the model or its pool.
        content: the result of `names.content_of` for the drop.
        sequencer: orders drops within a second; null if the S3 event has none.
        pool: the model's pool; null if the model has its own endpoint.
        pool_config: the pool's endpoint config and SageMaker model for the test of the version;
            null before Create Model.
        number: the version's number, counted from 1 for each model; null for versions without a
            number.
    """

    model: str
    version: str
    endpoint: str
    execution_arn: str
    content: str = ""
    sequencer: str | None = None
    number: int | None = None
    pool: str | None = None
    pool_config: str | None = None

    @property
    def config(self) -> str:
        """The name of the endpoint config and the SageMaker model."""
        if self.pool is None:
            return resource_name(self.endpoint, self.version)
        return self.pool_config or pool_config_names(self.endpoint)[0]

    def in_pool_config(self, config: str) -> Self:
        """Return the deployment with this endpoint config of the pool."""
        return self.model_copy(update={"pool_config": config})

    @property
    def staging_endpoint(self) -> str:
        """The name of the endpoint that tests the version before clients use it."""
        if self.pool is None:
            return staging_endpoint_name(self.endpoint, self.version)
        return pool_staging_name(self.endpoint)

    @property
    def target_model(self) -> str | None:
        """The TargetModel of requests; null if the model has its own endpoint."""
        return target_model(self.model, self.version) if self.pool else None


class CaughtError(FrozenModel):
    """An error as Step Functions caught it. `cause` may be the JSON of a Lambda error."""

    state: str
    error: str
    cause: str


class Checksum(FrozenModel):
    """The checksum of a whole object, in hex. `algorithm` is S3's name: SHA256, CRC64NVME, ..."""

    algorithm: str
    value: str


class Package(FrozenModel):
    """The output of Package Model: the S3 URI of model.tar.gz, or of a prefix of plain objects.

    `source_checksum` is the dropped object's; null if S3 has no checksum of the whole object.
    """

    artifact_uri: str
    source_checksum: Checksum | None


class ServableModel(FrozenModel):
    """A model that can be served: the findings of Inspect Model, and its hosting.

    Attributes:
        spec: deploy.yaml, with defaults.
        has_labels: whether the model has a labels.txt, next to it or inside it.
        checks: descriptions of the checks that it passed.
    """

    signature: Signature
    spec: DeploySpec
    hosting: Hosting
    config_pbtxt: str
    has_labels: bool
    warnings: tuple[ModelWarning, ...]
    checks: tuple[str, ...] = ()


class PoolChange(FrozenModel):
    """A change of a pool's endpoint by a drop.

    Attributes:
        before: a description of the endpoint's instances and Triton release.
        after: a description of those that the drop requests.
        contradicted_by: other live models of the pool whose deploy.yaml sets other instances. Their
            next drop changes the endpoint again.
    """

    before: str
    after: str
    contradicted_by: tuple[str, ...]


class Ranking(FrozenModel):
    """One of a classifier's top classes. `label` is null if the model has no labels."""

    index: int
    label: str | None
    score: float


class SmokeResult(FrozenModel):
    """The result of a smoke test. Latencies in milliseconds, sizes in bytes.

    Attributes:
        passed: whether the version passed.
        request_format: the format of the requests.
        input: the golden sample's input, or the kind of the generated data.
        requests: the number of requests.
        first_ms: the latency of the first request.
        p50_ms: the median latency without the first request.
        p95_ms: the 95th percentile without the first request; null for fewer than 51 requests.
        slowest_ms: the longest latency without the first request.
        limits: the limits that the spec sets, by the field that they limit.
        request_bytes: the size of a request.
        response_bytes: the size of a response.
        output_shapes: the shape of each output.
        golden: what the responses were compared with.
        checks: the checks that passed, in words.
        top: the top classes of a classifier; empty for other models.
        load: the result of each level of smoke_test.load.
    """

    passed: bool
    request_format: Literal["binary", "json"]
    input: str
    requests: int
    first_ms: float
    p50_ms: float
    p95_ms: float | None
    slowest_ms: float
    limits: dict[str, float]
    request_bytes: int
    response_bytes: int
    output_shapes: dict[str, list[int]]
    golden: str
    checks: list[str]
    top: list[Ranking]
    load: tuple[LoadPoint, ...] = ()

    @property
    def latency(self) -> LatencyStatistics:
        """The latencies without the first request."""
        return LatencyStatistics.after_warm_up(
            self.requests, self.p50_ms, self.p95_ms, self.slowest_ms
        )


class VariantTraffic(FrozenModel):
    """What CloudWatch counted for a variant during a shadow test. Latencies in milliseconds.

    Attributes:
        requests: the number of requests to the container.
        failed: the number of requests without a 2XX response.
        mean_ms: the mean model latency; null without requests.
        p50_ms: the median; null for fewer than 50 requests.
        p95_ms: the 95th percentile; null for fewer than 50 requests.
    """

    requests: int
    failed: int
    mean_ms: float | None
    p50_ms: float | None
    p95_ms: float | None


class ShadowComparison(FrozenModel):
    """How a new version answered copies of client requests, compared with the live version.

    Attributes:
        live_version: the version that answered the clients.
        sample_percent: the share of the requests that were copied.
        hours: the duration of the test.
        compared: the number of requests whose two responses were compared.
        agreeing: the number of these requests with responses within the tolerances.
        differences: descriptions of the first differences.
        complete: false if not all captured requests were compared.
        live: the traffic of the live version.
        shadow: the traffic of the new version.
    """

    live_version: str
    sample_percent: int
    hours: float
    compared: int
    agreeing: int
    differences: tuple[str, ...]
    complete: bool
    live: VariantTraffic
    shadow: VariantTraffic

    @property
    def agreement_percent(self) -> float | None:
        """The share of the compared requests that agree; None without any."""
        return 100 * self.agreeing / self.compared if self.compared else None


class Claim(FrozenModel):
    """claim.json: the execution that deploys a version, and the version's number."""

    execution_arn: str
    number: int | None = None


class LastNumber(FrozenModel):
    """The number of a model's last version, which is kept when the model is retired."""

    number: int


class DeploymentRecord(FrozenModel):
    """deployment.json: a version that passed its smoke test in production.

    Attributes:
        deployed_at: when it passed.
        restored: whether `modeldrop rollback` restored it.
        supersedes: the version that was live before; null if none was.
        recovered_errors: errors that did not end the deployment.
        timings: seconds, by state.
    """

    deployment: Deployment
    deployed_at: AwareDatetime
    restored: bool
    supersedes: str | None
    source: Source
    package: Package
    servable: ServableModel
    smoke: SmokeResult
    recovered_errors: list[CaughtError]
    timings: dict[str, float]

    @property
    def version(self) -> str:
        """The name of the version. Names sort by the time of the drop."""
        return self.deployment.version

    @property
    def label(self) -> str | None:
        """The short label of the version, such as v3; None without a number."""
        return version_label(self.deployment.number)

    @property
    def text(self) -> str:
        """The label and the name of the version."""
        return version_text(self.version, self.label)


class Live(FrozenModel):
    """live.json: the live version of a model.

    Attributes:
        since: when it went live.
        record: the key of its deployment record.
        pool: the model's pool; null if the model has its own endpoint. In a pool, only this
            document says which version is live.
        asleep_since: when the model was put to sleep; null if it is awake. A sleeping model has no
            endpoint, and keeps its versions.
        sleep_execution: the execution that puts it to sleep; null if it is awake. The model is
            asleep once that execution has ended.
        number: the number of the version.
    """

    model: str
    version: str
    endpoint: str
    source: Source
    since: AwareDatetime
    record: str
    asleep_since: AwareDatetime | None = None
    sleep_execution: str | None = None
    pool: str | None = None
    number: int | None = None

    @property
    def label(self) -> str | None:
        """The short label of the version; None without a number."""
        return version_label(self.number)
