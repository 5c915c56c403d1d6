"""The names of all resources and objects of a drop, as a pure function of the drop.

A repeated step computes the same names, so it finds its own earlier work. See
docs/decisions/0001-names-carry-the-version.md.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from model_packager.aws_limits import SAGEMAKER_NAME
from model_packager.model_files import MODEL_FILES
from model_packager.rejection import ModelRejected

VERSION_LENGTH = len("20260801T151224Z-3f9a1c2b")
ENDPOINT_LIMIT = SAGEMAKER_NAME.value - VERSION_LENGTH - 1

SPEC_FILE = "deploy.yaml"
LABELS_FILE = "labels.txt"

DEFAULT_STACK = "modeldrop"
"""The default name of the stack."""

BARE_MODEL_NAME = "model"

_MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_TIME = "%Y%m%dT%H%M%SZ"
_VERSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_SHADOWED = re.compile(r"\d{8}T\d{6}S-[0-9a-f]{8}")
"""A version in the name of a shadow config. It has S instead of Z: there is no room for more."""

_NAME_DIGITS = 14
"""Hex digits of the hash in a changed name. A shorter hash can be matched by trying names."""

_TAKEN = re.compile(rf"-([0-9a-f]{{{_NAME_DIGITS}}}|\d{{8}}t\d{{6}}z-[0-9a-f]{{8}})$")
"""The suffixes of changed names and of staging endpoints."""

BATCH_FOLDER = "batch"
"""The folder of the batch jobs of a model, next to its files in the drop bucket."""

BATCH_READY = "_READY"
"""The empty object that starts a batch job. It is uploaded last."""

BATCH_RESULTS = "_results/"
"""The folder of the results in the folder of a batch job."""

BATCH_SUMMARY = "summary.json"
"""The file in the folder of the results that names the result of each input."""

BATCH_WORK = "_batch/"

_BATCH_KEY = re.compile(
    rf"(?P<folder>(?:.*/)?(?P<model>{_MODEL_NAME.pattern})/{BATCH_FOLDER}/(?P<job>[^/]+)/).",
    re.DOTALL,
)

_POOL = "pool-"

POOL_ARCHIVES = "_pools/"
"""Key prefix of the folders of all pools in the artifact bucket."""

POOL_LOCKS = "_pool_locks/"
"""Key prefix of the locks of all pools in the artifact bucket."""

_ARCHIVE_KEY = re.compile(
    rf"{POOL_ARCHIVES}(?P<pool>[^/]+)/(?P<model>{_MODEL_NAME.pattern})/"
    rf"(?P<version>{_VERSION.pattern})\.tar\.gz"
)

POOL_NAME_LIMIT = ENDPOINT_LIMIT - 16 - len(f"-{_POOL}")
"""Of the name of a pool: 16 is the longest prefix (template.yaml, EndpointPrefix)."""


def model_name(key: str) -> str:
    """Return the model's name: the folder of `model.pt`, `model.onnx` and so on.

    Args:
        key: S3 object key, such as `team/resnet/model.pt`. A bare `model.pt` is called `model`.

    Raises:
        ModelRejected: the folder's name cannot be a Triton model name, or is that of a batch job.
    """
    folder, _, file_name = key.rpartition("/")
    if batch_job_of(key) is not None:
        raise ModelRejected(
            f"The key {key!r} is in the folder of a batch job, <model>/{BATCH_FOLDER}/<job>/, "
            "which has inputs for the model.",
            f"Upload the model into a folder that is not in a folder {BATCH_FOLDER!r}.",
        )
    if file_name not in MODEL_FILES:
        raise ModelRejected(
            f"The object's name is {key!r}, but only objects with the names "
            f"{', '.join(MODEL_FILES)} are "
            "models.",
            "Upload the model as <model name>/model.pt, or under the name of its own format.",
        )
    if key in MODEL_FILES:
        return BARE_MODEL_NAME
    name = folder.rpartition("/")[2]
    if not is_model_name(name):
        raise ModelRejected(
            f"The folder {name!r} in the key {key!r} is not a valid model name.",
            "Name the folder with letters, digits, '-', '_' and '.', beginning with a letter or a "
            "digit, at most 128 characters, such as resnet/model.pt, and upload it again.",
        )
    return name


def is_model_name(name: str) -> bool:
    """Return whether a folder's name is a valid model name."""
    return _MODEL_NAME.fullmatch(name) is not None


@dataclass(frozen=True)
class BatchJob:
    """The folder of a batch job in the drop bucket.

    Attributes:
        model: the name of its model.
        job: the name of the job.
        folder: the key prefix of its inputs, such as `team/resnet/batch/monday/`.
    """

    model: str
    job: str
    folder: str


def batch_job_of(key: str) -> BatchJob | None:
    """Return the batch job that an object of the drop bucket belongs to, or None."""
    match = _BATCH_KEY.match(key)
    return None if match is None else BatchJob(match["model"], match["job"], match["folder"])


def batch_run_name(endpoint: str, run: str) -> str:
    """Return the name of the SageMaker model and the transform job of one run of a batch job.

    Args:
        endpoint: of the batch job's model, as `endpoint_name` returns it.
        run: as `batch_run` returns it.
    """
    return f"{endpoint}-batch-{run}"


def is_batch_run_of(name: str, endpoint: str) -> bool:
    """Return whether a SageMaker model or transform job is that of a batch job of the endpoint."""
    run = name.removeprefix(f"{endpoint}-batch-")
    return run != name and re.fullmatch(rf"[0-9a-f]{{{_NAME_DIGITS}}}", run) is not None


def batch_run(bucket: str, key: str, etag: str, order: str) -> str:
    """Return the name of one run of a batch job: a digest of the upload that starts it.

    Args:
        bucket: the drop bucket.
        key: of the object that starts the job.
        etag: of that object.
        order: tells two uploads of the same object apart: the sequencer of the S3 event.
    """
    return hashlib.sha256("\n".join((bucket, key, etag, order)).encode()).hexdigest()[:_NAME_DIGITS]


def batch_work_prefix(run: str) -> str:
    """Return the key prefix of a run's requests and responses in the artifact bucket.

    No model has this name: names begin with a letter or a digit. The template's lifecycle rule and
    SageMaker's permissions name the same prefix.
    """
    return f"{BATCH_WORK}{run}/"


def drop_folder(key: str) -> str:
    """Return the key prefix that the sidecars of a dropped object share: `team/resnet/` or ``."""
    return key[: key.rfind("/") + 1]


def folder_of(path: str) -> str:
    """Return a folder that a person wrote, such as `/team/resnet`, in the form of `drop_folder`."""
    plain = path.strip("/")
    return f"{plain}/" if plain else ""


def version_of(event_time: datetime, content: str, sequencer: str | None) -> str:
    """Return the version of a drop: the event's time (UTC), then 8 hex digits of a digest.

    Two drops of the same content within a second are two versions; two deliveries of one event are
    one version.

    Args:
        event_time: time of the S3 event, time zone aware.
        content: `content_of` the drop.
        sequencer: of the S3 event; None if the event has none.
    """
    digest = hashlib.sha256(f"{content}\n{sequencer or ''}".encode()).hexdigest()[:8]
    return f"{event_time.astimezone(UTC):{_TIME}}-{digest}"


def version_label(number: int | None) -> str | None:
    """Return the short label of a version, such as v3; None if it has no number."""
    return None if number is None else f"v{number}"


def version_text(version: str, label: str | None) -> str:
    """Return the label and the name of a version, as in v3 (20260801T151224Z-3f9a1c2b)."""
    return version if label is None else f"{label} ({version})"


def drop_order(version: str, sequencer: str | None) -> tuple[str, str, str]:
    """Return a key that sorts the versions of a model by their drops.

    A version's name has the second of the drop. Within a second, S3's sequencer decides: a hex
    number, whose shorter values are padded on the left (Amazon S3 user guide, "Event message
    structure"). S3 defines the order for one key only. For two keys, such as model.pt and
    deploy.yaml, any fixed order will do.
    """
    return version[: len("20260801T151224Z")], (sequencer or "").lower().rjust(64, "0"), version


def is_same_second(version: str, other: str) -> bool:
    """Return whether two versions were dropped within the same second."""
    return drop_order(version, None)[0] == drop_order(other, None)[0]


def was_dropped_before(version: str, moment: datetime) -> bool:
    """Return whether a version was dropped in an earlier second than `moment`."""
    return version < f"{moment.astimezone(UTC):{_TIME}}"


def dropped_at(version: str) -> datetime:
    """Return the time of a version's drop, from its name: a whole second in UTC."""
    return datetime.strptime(version.partition("-")[0], _TIME).replace(tzinfo=UTC)


def content_of(etag: str, spec: str) -> str:
    """Return a digest of a drop's content, which is the same whenever it is dropped.

    Args:
        etag: entity tag of the dropped object.
        spec: text of the deploy.yaml next to it, or an empty text.
    """
    return hashlib.sha256(f"{etag}\n{spec}".encode()).hexdigest()[:32]


def endpoint_name(prefix: str, model: str) -> str:
    """Return the endpoint's name: `<prefix>-<model>`, the same for all versions.

    SageMaker accepts letters, digits and hyphens, and ignores case (CreateEndpoint API
    reference). A changed or shortened name gets a hash, so that two models never share an endpoint,
    not even if their names differ only in case.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")
    name = f"{prefix}-{plain}"
    is_free = not _TAKEN.search(model) and not model.startswith(_POOL)
    if plain == model and len(name) <= ENDPOINT_LIMIT and is_free:
        return name
    digest = hashlib.sha256(model.encode()).hexdigest()[:_NAME_DIGITS]
    return f"{name[: ENDPOINT_LIMIT - len(digest) - 1].rstrip('-')}-{digest}"


def pool_endpoint_name(prefix: str, pool: str) -> str:
    """Return the name of a pool's endpoint."""
    return f"{prefix}-{_POOL}{pool}"


def pool_config_names(endpoint: str) -> tuple[str, str]:
    """Return the names of a pool's endpoint configs and SageMaker models.

    The endpoint runs one of them. A change of the endpoint uses the other one. No name of a model
    or a pool has two hyphens in a row.
    """
    return f"{endpoint}--1", f"{endpoint}--2"


def pool_staging_name(endpoint: str) -> str:
    """Return the name of the staging endpoint that tests a change of a pool's endpoint."""
    return f"{endpoint}--staging"


def resource_name(endpoint: str, version: str) -> str:
    """Return the name of the SageMaker model and the endpoint config of one version."""
    return f"{endpoint}-{version}"


def staging_endpoint_name(endpoint: str, version: str) -> str:
    """Return the name of a version's staging endpoint: the name of its endpoint config.

    It ends in a version. The name of a model's endpoint never does; see `endpoint_name`.
    """
    return resource_name(endpoint, version)


def shadow_config_name(endpoint: str, live_version: str) -> str:
    """Return the name of the endpoint config that adds a shadow variant to the live version.

    It has the live version's name, because that version answers the clients.
    """
    return resource_name(endpoint, live_version.replace("Z-", "S-"))


def is_shadow_config(endpoint: str, config_name: str) -> bool:
    """Return whether an endpoint config adds a shadow variant to a version."""
    head, tail = f"{endpoint}-", config_name[-VERSION_LENGTH:]
    return config_name == head + tail and _SHADOWED.fullmatch(tail) is not None


def version_in(endpoint: str, config_name: str) -> str | None:
    """Return the version in an endpoint config's name, or None for a foreign config.

    That of a shadow config is the live version, which answers the clients.
    """
    head, tail = f"{endpoint}-", config_name[-VERSION_LENGTH:]
    if is_shadow_config(endpoint, config_name):
        return tail.replace("S-", "Z-")
    if config_name == head + tail and _VERSION.fullmatch(tail):
        return tail
    return None


def artifact_prefix(model: str, version: str) -> str:
    """Return the key prefix of a version's files in the artifact bucket."""
    return f"{model}/{version}/"


def claim_key(model: str, version: str) -> str:
    """Return the key of claim.json, which names the execution that owns a version."""
    return f"{artifact_prefix(model, version)}claim.json"


def last_number_key(model: str) -> str:
    """Return the key of the number of a model's last version in the artifact bucket.

    No model has the name of the folder: names begin with a letter or a digit. The template repeats
    it.
    """
    return f"_numbers/{model}.json"


def artifact_key(model: str, version: str, *, compressed: bool, pool: str | None = None) -> str:
    """Return the key of a version's model repository in the artifact bucket.

    Args:
        model: the model's name.
        version: the version's name.
        compressed: true: the key of an archive. False: the prefix of plain objects; it ends in a
            slash, as SageMaker requires (S3ModelDataSource API reference, S3DataType).
        pool: the model's pool, which takes archives only; None for no pool.
    """
    if pool is not None:
        return pool_archive_key(pool, model, version)
    return f"{artifact_prefix(model, version)}{'model.tar.gz' if compressed else 'model/'}"


def pool_prefix(pool: str) -> str:
    """Return the key prefix of a pool's archives in the artifact bucket.

    No model has this name: names begin with a letter or a digit. SageMaker's permission to read
    names the same prefix.
    """
    return f"{POOL_ARCHIVES}{pool}/"


def target_model(model: str, version: str) -> str:
    """Return the TargetModel of a version: the rest of its archive's key.

    SageMaker keeps an overwritten archive in its cache, so each version has a name of its own
    (developer guide, "Add or Remove Models").
    """
    return f"{model}/{version}.tar.gz"


def pool_archive_key(pool: str, model: str, version: str) -> str:
    """Return the key of a version's archive in the artifact bucket."""
    return pool_prefix(pool) + target_model(model, version)


def pool_archive_of(key: str) -> tuple[str, str, str] | None:
    """Return the pool, the model and the version of an archive from its key, or None."""
    match = _ARCHIVE_KEY.fullmatch(key)
    return (match["pool"], match["model"], match["version"]) if match else None


def pool_lock_key(pool: str) -> str:
    """Return the key of the document that names the execution that changes a pool."""
    return f"{POOL_LOCKS}{pool}.json"


def record_key(model: str, version: str) -> str:
    """Return the key of a version's deployment record in the artifact bucket."""
    return f"{artifact_prefix(model, version)}deployment.json"


def live_key(model: str) -> str:
    """Return the key of live.json, which names the live version, in the artifact bucket."""
    return f"{model}/live.json"


def version_of_folder(model: str, prefix: str) -> str | None:
    """Return the version in a key prefix of the artifact bucket, or None."""
    version = prefix.removeprefix(f"{model}/").rstrip("/")
    return version if _VERSION.fullmatch(version) else None


def capture_uri(bucket: str) -> str:
    """Return the S3 prefix of captured requests; SageMaker appends the endpoint's name.

    No model has this name: names begin with a letter or a digit. The template's lifecycle rule and
    SageMaker's permission to write name the same prefix.
    """
    return f"s3://{bucket}/_capture"


def shadow_capture_uri(bucket: str, version: str) -> str:
    """Return the S3 prefix of the requests that a shadow test captures.

    SageMaker appends the names of the endpoint and of the variant. No model has the name of the
    folder: names begin with a letter or a digit. The template repeats it.

    Args:
        bucket: the artifact bucket.
        version: the version under test.
    """
    return f"s3://{bucket}/{shadow_capture_prefix(version)}".rstrip("/")


def shadow_capture_prefix(version: str) -> str:
    """Return the key prefix of the requests that a shadow test captures."""
    return f"_shadow/{version}/"


ASYNC_INPUTS = "_async/inputs/"
"""Key prefix of the inputs of asynchronous requests in the artifact bucket.

No model has this name: names begin with a letter or a digit. The template's lifecycle rule and
SageMaker's permissions name the same prefixes.
"""

ASYNC_OUTPUTS = "_async/outputs/"
ASYNC_FAILURES = "_async/failures/"


REPORT_INDEX = "_reports.html"
"""Outside the folder of the reports, because it must not expire with them."""

REPORT_SUMMARIES = "_reports.json"
"""Copies of the reports' summaries, which the index is made from."""

REPORT_FOLDER = "_reports/"
"""No model has this name: names begin with a letter or a digit. The template repeats it."""

UNNAMED = "_unnamed"
"""In place of the model's name, for an upload whose key has no valid one."""


def report_key(
    model: str | None, version: str | None, execution_arn: str, *, restored: bool
) -> str:
    """Return the key of a deployment's report in the artifact bucket.

    A rollback has its own report. So does an upload that was rejected before it had a version, or
    whose key has no valid model name.
    """
    digest = hashlib.sha256(execution_arn.encode()).hexdigest()[:8]
    name = version or f"refused-{digest}"
    if version and restored:
        name += f"-restored-{digest}"
    return f"{REPORT_FOLDER}{model or UNNAMED}/{name}.html"


def summary_key(report: str) -> str:
    """Return the key of a report's summary for the index page."""
    return report.removesuffix(".html") + ".json"
