"""The notification: the keys that subscribers rely on, and its text for people.

All of it is pure: data in, text out.
"""

from model_packager.load_profile import in_words
from model_packager.model_warnings import ModelWarning
from model_packager.signature import Signature
from workflow.contracts import (
    Contract,
    Failure,
    PublishResultInput,
    SmokeResult,
    Source,
    Status,
)
from workflow.failure_text import cause_and_fix
from workflow.notification_text import body, fix_line, remaining_line, serving_line, subject_line
from workflow.verdict import Verdict


class Setback(Contract):
    """What went wrong on the way, and did not end it."""

    state: str
    error: str
    cause: str
    fix: str


class Notification(Contract):
    """The JSON of the message body. Times in seconds; null is what never came to be known."""

    status: Status
    model: str | None
    version: str | None
    endpoint: str | None
    region: str
    source: Source
    execution_arn: str
    failed_state: str | None
    error: str | None
    cause: str | None
    fix: str | None
    signature: Signature | None
    warnings: tuple[ModelWarning, ...]
    smoke: SmokeResult | None
    timings: dict[str, float]
    live_version: str | None
    superseded_version: str | None
    restored: bool
    setbacks: list[Setback]
    record: str | None
    report: str | None
    remaining: list[str]


def notification(
    given: PublishResultInput,
    verdict: Verdict,
    *,
    model: str | None,
    endpoint: str | None,
    live_version: str | None,
    region: str,
    timings: dict[str, float],
) -> Notification:
    """Join what the execution came to know with what serves now."""
    return Notification(
        status=verdict.status,
        model=model,
        version=given.deployment.version if given.deployment else None,
        endpoint=endpoint,
        region=region,
        source=given.source,
        execution_arn=given.execution_arn,
        failed_state=verdict.failed_state,
        error=verdict.error,
        cause=verdict.cause,
        fix=verdict.fix,
        signature=given.signature,
        warnings=given.warnings,
        smoke=given.smoke,
        timings=timings,
        live_version=live_version,
        superseded_version=given.superseded_version,
        restored=given.restoring,
        setbacks=[_setback(failure) for failure in given.setbacks],
        record=given.record_uri,
        report=given.report_uri,
        remaining=given.remaining,
    )


def _setback(failure: Failure) -> Setback:
    cause, fix = cause_and_fix(failure)
    return Setback(state=failure.state, error=failure.error, cause=cause, fix=fix)


def subject(told: Notification) -> str:
    """Write one line that can be read on a phone."""
    name = told.model or told.source.key
    line = {
        Status.SUCCEEDED: f"{name} is live",
        Status.FAILED: f"{name} failed at {told.failed_state}",
        Status.ROLLED_BACK: f"{name} was rolled back",
        Status.SUPERSEDED: f"{name}: a later drop is live",
        Status.DUPLICATE: f"{name}: the same drop twice",
    }[told.status]
    return subject_line(told.status, line)


def message(told: Notification) -> str:
    """Write the body: the sentence first, then what to do, then the JSON after an empty line."""
    return body([_sentence(told), *_details(told)], told)


def _sentence(told: Notification) -> str:
    name = told.model or f"s3://{told.source.bucket}/{told.source.key}"
    if told.status == Status.SUCCEEDED and told.smoke:
        again = f"was brought back to version {told.version}" if told.restored else "is live"
        return (
            f"{name} {again} on the endpoint {told.endpoint}, and answered {told.smoke.requests} "
            f"{told.smoke.request_format} requests (median {told.smoke.p50_ms:g} ms)."
        )
    return f"{name} ended {told.status} at {told.failed_state}: {told.cause}"


def _details(told: Notification) -> list[str]:
    lines = []
    if told.smoke and told.smoke.top:
        best = told.smoke.top[0]
        lines.append(
            f"On {told.smoke.input} it saw: {best.label or f'class {best.index}'} "
            f"({best.score:.3f})."
        )
    if told.smoke and told.smoke.load:
        lines.append(in_words(told.smoke.load, told.smoke.limits.get("p95_ms")))
    if told.fix:
        lines.append(fix_line(told.fix))
    lines.extend(f"Warning: {each.cause} {each.fix}" for each in told.warnings)
    lines.extend(
        f"On the way, {each.state} met {each.error}: {each.cause}" for each in told.setbacks
    )
    if told.remaining:
        lines.append(remaining_line(told.remaining))
    if told.report:
        lines.append(f"Report: {told.report}")
    lines.append(serving_line(told.live_version, told.endpoint))
    return lines
