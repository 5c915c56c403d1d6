"""Renders the result of a batch job for people. Pure."""

from __future__ import annotations

import shlex

from model_packager.names.version import version_text
from publish_batch.notification import BatchNotification, failure_sentences
from workflow.contracts.batch_transform import BatchStatus
from workflow.notify.message import Message, Severity
from workflow.notify.shell_commands import modeldrop

_SEVERITIES = {
    BatchStatus.SUCCEEDED: Severity.INFO,
    BatchStatus.PARTIAL: Severity.WARNING,
    BatchStatus.FAILED: Severity.ERROR,
}


def render_message(notification: BatchNotification) -> Message:
    """Render the notification's texts."""
    succeeded = notification.status is BatchStatus.SUCCEEDED
    return Message(
        kind="batch",
        status=notification.status,
        model=notification.model,
        headline=_headline(notification),
        sentence=_sentence(notification),
        summary=notification.cause or "",
        events=(*failure_sentences(notification), *_remaining(notification)),
        advice=notification.fix or "No action needed. To get the results:",
        commands=_commands(notification),
        execution_arn=notification.execution_arn,
        region=notification.region,
        endpoint=None,
        endpoint_exists=False,
        version=notification.version,
        live=None,
        error=notification.error,
        severity=_SEVERITIES[notification.status],
        needs_action=not succeeded,
    )


def _headline(notification: BatchNotification) -> str:
    if notification.counts is None:
        return f"{_job(notification)} failed"
    return f"{_job(notification)}: {_count(notification)} inputs have results"


def _sentence(notification: BatchNotification) -> str:
    job = f"The {_job(notification)}"
    if notification.counts is None:
        return f"{job} failed at {notification.failed_state}: {notification.cause}"
    version = version_text(notification.version or "", notification.version_label)
    count = _count(notification)
    cause = f" {notification.cause}" if notification.cause else ""
    return f"{job} ran version {version}. {count[0].upper()}{count[1:]} inputs have results.{cause}"


def _job(notification: BatchNotification) -> str:
    of = f" of {notification.model}"
    return f"batch job{of}" if notification.job is None else f"batch job {notification.job}{of}"


def _count(notification: BatchNotification) -> str:
    counts = notification.counts
    if counts is None:
        return "0"
    have = counts.succeeded + counts.partial
    return f"{have:,} of {counts.inputs:,}" if have < counts.inputs else f"all {have:,}"


def _remaining(notification: BatchNotification) -> tuple[str, ...]:
    names = ", ".join(notification.remaining)
    return (f"Not deleted: {names}.",) if names else ()


def _commands(notification: BatchNotification) -> tuple[str, ...]:
    arn = notification.execution_arn
    orphans = (modeldrop(arn, "orphans", "--delete"),) if notification.remaining else ()
    if notification.summary is None or notification.results is None:
        return orphans
    copy = shlex.join(
        ("aws", "s3", "cp", "--recursive", notification.results, f"{notification.job}-results")
    )
    return (copy, *orphans) if copy.isprintable() else orphans
