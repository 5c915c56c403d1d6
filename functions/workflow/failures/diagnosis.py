"""From SageMaker's FailureReason and the container's log to cause and fix.

A reason that SageMaker names is the first to count: no container was started then, and the log
may be that of the version before. Only where it names none, the container's own words do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.failures.failure import Failure, FailureKind, Row
from workflow.failures.hardware_rows import HARDWARE_ROWS
from workflow.failures.log_errors import complaints_in, last_of, sentence
from workflow.failures.model_rows import MODEL_ROWS
from workflow.failures.python_rows import PYTHON_ROWS, REFUSED_ROWS
from workflow.failures.repository_rows import REPOSITORY_ROWS
from workflow.failures.sagemaker_rows import SAGEMAKER_ROWS, VAGUE_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CONTAINER_ROWS = (*HARDWARE_ROWS, *REPOSITORY_ROWS, *MODEL_ROWS, *PYTHON_ROWS, *REFUSED_ROWS)
TABLE = (*SAGEMAKER_ROWS, *CONTAINER_ROWS, *VAGUE_ROWS)
"""All rows, in the order in which they are asked: the first that knows the text has it."""

_PING = "did not pass the ping health check"  # aws/amazon-sagemaker-examples#379, and many others

STILL_LOADING = Failure(
    FailureKind.STARTUP_TIMEOUT,
    "The container was still loading the model when its time was over: it complained of nothing.",
    "Raise endpoint.startup_timeout_seconds in deploy.yaml (up to 3600), or write a faster "
    "endpoint.instance_type or `model_warmup: false`.",
)
NEVER_RAN = Failure(
    FailureKind.IMAGE_OR_DRIVER,
    "The container wrote nothing at all, so it never ran: its image cannot be pulled, or does not "
    "fit the host's NVIDIA driver.",
    "Write another inference_ami_version under endpoint in deploy.yaml, or deploy the stack with "
    "another TritonRelease; in a VPC, look whether the subnets reach ECR, S3 and CloudWatch Logs.",
)
UNKNOWN = Failure(
    FailureKind.UNKNOWN,
    "SageMaker could not start the container.",
    "Correct the model or deploy.yaml.",
)


def explain(reason: str, lines: Sequence[str]) -> Failure:
    """Explain an endpoint that failed or was rolled back.

    Args:
        reason: FailureReason; "" where SageMaker gives none.
        lines: the end of the newest container's log, as it is.

    Returns:
        What it means; the raw texts follow in the cause.
    """
    complaints = complaints_in(lines)
    failure = (
        _first(SAGEMAKER_ROWS, [reason])
        or _first(CONTAINER_ROWS, complaints)
        or (_silent(lines) if _PING in reason and not complaints else None)
        or _first((*CONTAINER_ROWS, *VAGUE_ROWS), [sentence(reason)])
        or UNKNOWN
    )
    return _with_evidence(failure, f"SageMaker says: {reason or 'nothing.'}", complaints)


def explain_hanging(status: str, lines: Sequence[str]) -> Failure:
    """Explain an endpoint that is still Creating or Updating when its time is over.

    A driver that is too old, or too new, leaves it so for hours and without a log
    (aws/deep-learning-containers#4990 and #6187).

    Args:
        status: EndpointStatus.
        lines: the end of the newest container's log, as it is; none where there is no log.
    """
    complaints = complaints_in(lines)
    failure = _first(CONTAINER_ROWS, complaints) or _silent(lines)
    return _with_evidence(failure, f"SageMaker says: {status}, and no more.", complaints)


def explain_answer(answer: str) -> Failure | None:
    """Explain an error that the container answered a request with; None where no row knows it."""
    return _first((*HARDWARE_ROWS, *MODEL_ROWS, *PYTHON_ROWS), [sentence(answer)])


def is_capacity(reason: str) -> bool:
    """Tell whether another instance type would help."""
    found = _first(SAGEMAKER_ROWS, [reason])
    return found is not None and found.kind is FailureKind.CAPACITY


def _silent(lines: Sequence[str]) -> Failure:
    return STILL_LOADING if lines else NEVER_RAN


def _first(rows: Iterable[Row], texts: Sequence[str]) -> Failure | None:
    found = (row.failure(text) for row in rows for text in texts)
    return next((failure for failure in found if failure), None)


def _with_evidence(failure: Failure, told: str, complaints: Sequence[str]) -> Failure:
    container = f" The container says: {last_of(complaints)}" if complaints else ""
    cause = failure.cause.rstrip(".: ")
    return Failure(failure.kind, f"{cause}. {told}{container}", failure.fix)
