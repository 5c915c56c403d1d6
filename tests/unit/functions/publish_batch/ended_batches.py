"""A batch job for each result, for the golden files and docs/notifications.md."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from model_packager.stored import CaughtError
from publish_batch.notification import BatchNotification, build_notification
from tests.unit.functions.batch_runs import FOLDER, NAME, READY, batch
from tests.unit.functions.samples import ACCOUNT, REGION
from workflow.aws.aws_errors import step_error
from workflow.contracts.batch_transform import Counts, PublishBatchInput, RecordFailure
from workflow.errors import StepError

EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:modeldrop-batch-transform:3f9a1c2b"
FAILURES = [
    RecordFailure(
        input="cats/0017.png",
        record=None,
        cause="cannot be read as a picture: image file is truncated",
    ),
    RecordFailure(
        input="prompts.jsonl",
        record="line 3",
        cause="cannot be read as tensors in JSON: Expecting value.",
    ),
]


def counts(succeeded: int, partial: int = 0, failed: int = 0) -> Counts:
    return Counts(
        inputs=succeeded + partial + failed, succeeded=succeeded, partial=partial, failed=failed
    )


def ended(**changed: Any) -> BatchNotification:
    """Return the notification of a batch job."""
    fields: dict[str, Any] = {
        "source": READY,
        "execution_arn": EXECUTION,
        "batch": batch(1000),
        "failure": None,
        "transform_reason": None,
        "counts": counts(1000),
        "failures": [],
        "summary_uri": f"s3://drops/{FOLDER}_results/summary.json",
        "remaining": [],
    }
    return build_notification(PublishBatchInput.model_validate(fields | changed), REGION)


def failure(error: StepError) -> CaughtError:
    return CaughtError(state="Start Transform", error=type(error).__name__, cause=str(error))


def refused(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "CreateTransformJob")


LIMIT_EXCEEDED = refused("ResourceLimitExceeded", "The account-level limit is 0 instances.")
THROTTLED = refused("ThrottlingException", "Rate exceeded")
_BEFORE_RESULTS: dict[str, Any] = {"counts": None, "summary_uri": None}

BATCHES = {
    "SUCCEEDED": ended(),
    "PARTIAL": ended(counts=counts(998, 1, 1), failures=FAILURES),
    "PARTIAL_REMAINING": ended(remaining=[f"SageMaker model {NAME}"]),
    "FAILED": ended(counts=counts(0, failed=1000), failures=FAILURES[:1]),
    "FAILED_NO_VERSION": ended(
        **_BEFORE_RESULTS,
        batch=None,
        failure=CaughtError(
            state="Plan Batch",
            error="BatchFailed",
            cause="No version of resnet is live.\nFix: Upload the model, wait until it is live, "
            "then upload _READY again.",
        ),
    ),
    "FAILED_CAPACITY": ended(
        **_BEFORE_RESULTS,
        failure=failure(step_error(LIMIT_EXCEEDED)),
    ),
    "FAILED_BUSY": ended(**_BEFORE_RESULTS, failure=failure(step_error(THROTTLED))),
}
