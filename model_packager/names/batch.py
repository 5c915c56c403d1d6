"""The names of a batch job and its runs."""

import hashlib
import re
from dataclasses import dataclass

from model_packager.names.endpoint import HASH_DIGITS
from model_packager.names.model import MODEL_NAME

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
    rf"(?P<folder>(?:.*/)?(?P<model>{MODEL_NAME.pattern})/{BATCH_FOLDER}/(?P<job>[^/]+)/).",
    re.DOTALL,
)


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


def batch_run(bucket: str, key: str, etag: str, order: str) -> str:
    """Return the name of one run of a batch job: a digest of the upload that starts it.

    Args:
        bucket: the drop bucket.
        key: the key of the object that starts the job.
        etag: the entity tag of that object.
        order: the sequencer of the S3 event, which distinguishes uploads of the object.
    """
    return hashlib.sha256("\n".join((bucket, key, etag, order)).encode()).hexdigest()[:HASH_DIGITS]


def batch_run_name(endpoint: str, run: str) -> str:
    """Return the name of the SageMaker model and the transform job of one run of a batch job.

    Args:
        endpoint: the endpoint of the batch job's model, as `endpoint_name` returns it.
        run: the name of the run, as `batch_run` returns it.
    """
    return f"{endpoint}-batch-{run}"


def is_batch_run_of(name: str, endpoint: str) -> bool:
    """Return whether a SageMaker model or transform job belongs to a batch job of the endpoint."""
    run = name.removeprefix(f"{endpoint}-batch-")
    return run != name and re.fullmatch(rf"[0-9a-f]{{{HASH_DIGITS}}}", run) is not None


def batch_work_prefix(run: str) -> str:
    """Return the key prefix of a run's requests and responses in the artifact bucket."""
    return f"{BATCH_WORK}{run}/"
