"""Finds cause and fix in SageMaker's FailureReason and the container's log.

A specific reason from SageMaker takes precedence: in that case no container was started, and the
log may belong to the previous version. Without one, the container's error lines decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.failures.failure import Diagnosis, FailureKind, FailureRow
from workflow.failures.hardware_rows import HARDWARE_ROWS
from workflow.failures.log_errors import error_lines_in, readable, summary_of
from workflow.failures.model_rows import MODEL_ROWS, WARMUP_ROWS
from workflow.failures.python_rows import CRASH_ROWS, PYTHON_ROWS, REFUSED_ROWS
from workflow.failures.repository_rows import REPOSITORY_ROWS
from workflow.failures.run_rows import RUN_ROWS
from workflow.failures.sagemaker_rows import SAGEMAKER_ROWS, VAGUE_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CONTAINER_ROWS = (
    *HARDWARE_ROWS,
    *REPOSITORY_ROWS,
    *RUN_ROWS,
    *MODEL_ROWS,
    *WARMUP_ROWS,
    *PYTHON_ROWS,
    *REFUSED_ROWS,
    *CRASH_ROWS,
)
TABLE = (*SAGEMAKER_ROWS, *CONTAINER_ROWS, *VAGUE_ROWS)
"""All rows, in order of precedence: the first row that matches a text wins."""

_PING = "did not pass the ping health check"  # aws/amazon-sagemaker-examples#379, and many others

STILL_LOADING = Diagnosis(
    FailureKind.STARTUP_TIMEOUT,
    "The container was still loading the model when it timed out; its log shows no error.",
    "In deploy.yaml, raise endpoint.startup_timeout_seconds (up to 3600), or set a faster "
    "endpoint.instance_type or `model_warmup: false`.",
)
NEVER_RAN = Diagnosis(
    FailureKind.IMAGE_OR_DRIVER,
    "The container wrote no log, so it never ran: SageMaker cannot pull its image, or the image "
    "does not match the host's NVIDIA driver.",
    "In deploy.yaml, set another endpoint.inference_ami_version, or deploy the stack with another "
    "TritonRelease. In a VPC, check that the subnets reach ECR, S3 and CloudWatch Logs.",
)
NO_CONTAINER = Diagnosis(
    FailureKind.POSSIBLE_CAPACITY,
    "Possible capacity shortage: SageMaker started no container, and gives no reason. It may also "
    "be unable to pull the image, or the image may not match the host's NVIDIA driver.",
    "In deploy.yaml, add types to endpoint.fallback_instance_types or set another "
    "endpoint.instance_type, or retry in an hour. If that does not help, set another "
    "endpoint.inference_ami_version. In a VPC, check that the subnets reach ECR, S3 and "
    "CloudWatch Logs.",
)
"""A rollback for lack of capacity may leave FailureReason empty (terraform-provider-aws#49020)."""
UNKNOWN = Diagnosis(
    FailureKind.UNKNOWN,
    "SageMaker could not start the container.",
    "Correct the model or deploy.yaml.",
)


def diagnose(reason: str, lines: Sequence[str] | None) -> Diagnosis:
    """Diagnose an endpoint that failed or was rolled back.

    Args:
        reason: FailureReason; empty if SageMaker gives none.
        lines: the raw last lines of the newest container's log; None if there is no log stream.

    Returns:
        The diagnosis, with the raw texts as evidence. If no row explains them, the cause has them.
    """
    errors = error_lines_in(lines or [])
    diagnosis = (
        (NO_CONTAINER if not reason and lines is None else None)
        or _first(SAGEMAKER_ROWS, [reason])
        or _of_log(errors)
        or (_without_errors(lines or []) if _PING in reason and not errors else None)
        or _of_log([readable(reason)])
        or _first(VAGUE_ROWS, [readable(reason)])
        or UNKNOWN
    )
    return _with_evidence(diagnosis, f"SageMaker reports: {reason or 'no reason.'}", errors)


def diagnose_timeout(status: str, lines: Sequence[str] | None) -> Diagnosis:
    """Diagnose an endpoint that is still Creating or Updating after its timeout.

    A driver that is too old or too new keeps it there for hours, without a log
    (aws/deep-learning-containers#4990 and #6187).

    Args:
        status: EndpointStatus.
        lines: the raw last lines of the newest container's log; None if there is no log stream.
    """
    errors = error_lines_in(lines or [])
    diagnosis = NO_CONTAINER if lines is None else _of_log(errors) or _without_errors(lines)
    return _with_evidence(diagnosis, f"SageMaker reports only the status {status}.", errors)


def diagnose_response(message: str) -> Diagnosis | None:
    """Diagnose the error that the container returned for a request; None if no row matches."""
    return _first((*HARDWARE_ROWS, *RUN_ROWS, *MODEL_ROWS, *PYTHON_ROWS), [readable(message)])


def is_explained(reason: str, lines: Sequence[str]) -> bool:
    """Return whether the texts name a reason, so that later lines of the log add nothing.

    tritonserver may crash after a failed warm-up, and CloudWatch Logs gets the last lines late.
    """
    errors = error_lines_in(lines)
    without_reason = (WARMUP_ROWS[-1], *CRASH_ROWS)
    rows = (row for row in CONTAINER_ROWS if row not in without_reason)
    return _first(SAGEMAKER_ROWS, [reason]) is not None or _first(rows, errors) is not None


def _of_log(errors: Sequence[str]) -> Diagnosis | None:
    """Diagnose error lines; the reason for a failed warm-up takes precedence."""
    return _first(HARDWARE_ROWS, errors) or _of_warmup(errors) or _first(CONTAINER_ROWS, errors)


def _of_warmup(errors: Sequence[str]) -> Diagnosis | None:
    for match in filter(None, (WARMUP_ROWS[0].pattern.search(text) for text in errors)):
        behind = diagnose_response(match["why"])
        if behind is not None:
            cause = f"The model fails on Triton's warm-up request ({match['sample']:.60}). "
            return Diagnosis(behind.kind, cause + behind.cause, behind.fix)
    return None


def _without_errors(lines: Sequence[str]) -> Diagnosis:
    return STILL_LOADING if lines else NEVER_RAN


def _first(rows: Iterable[FailureRow], texts: Sequence[str]) -> Diagnosis | None:
    diagnoses = (row.diagnose(text) for row in rows for text in texts)
    return next((diagnosis for diagnosis in diagnoses if diagnosis), None)


def _with_evidence(diagnosis: Diagnosis, report: str, errors: Sequence[str]) -> Diagnosis:
    log = f" The container's log shows: {summary_of(errors)}" if errors else ""
    cause = f"{diagnosis.cause.rstrip('.: ')}."
    if diagnosis is UNKNOWN:
        return Diagnosis(diagnosis.kind, f"{cause} {report}{log}", diagnosis.fix)
    return Diagnosis(diagnosis.kind, cause, diagnosis.fix, f"{report}{log}")
