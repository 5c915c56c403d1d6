"""Renders a drop's result for people. Pure."""

from datetime import timedelta

from model_packager.duration import duration_text
from model_packager.executions.upload_metadata import upload_text
from model_packager.latency_statistics import milliseconds
from model_packager.names.version import version_text
from model_packager.spec.load_profile import load_summary
from model_packager.status import Status
from model_packager.stored import SmokeResult
from publish_result.next_commands import next_commands
from publish_result.notification import Notification
from workflow.notify.console_links import object_link
from workflow.notify.email import remaining_sentence
from workflow.notify.message import LiveState, Message, Severity
from workflow.notify.pool_text import pool_text
from workflow.notify.shadow_text import shadow_text

_CLASSES = 3
_FAILED_TESTS = {
    "Smoke Test": "failed its smoke test",
    "Compare Answers": "failed its shadow test",
}


def render_message(notification: Notification) -> Message:
    """Render the notification's texts."""
    failed = notification.status in (Status.FAILED, Status.ROLLED_BACK)
    return Message(
        kind="deployment",
        status=notification.status,
        model=notification.model or notification.source.key,
        headline=_headline(notification),
        sentence=_sentence(notification),
        summary=_summary(notification),
        events=_events(notification),
        advice=notification.fix or "No action needed. Try:",
        commands=next_commands(notification),
        execution_arn=notification.execution_arn,
        region=notification.region,
        endpoint=notification.endpoint,
        endpoint_exists=notification.live_version is not None or bool(notification.remaining),
        version=notification.version,
        live=LiveState(
            notification.live_version, notification.live_since, notification.live_version_label
        ),
        error=notification.error,
        severity=_severity(notification, failed=failed),
        needs_action=failed or bool(notification.remaining),
        report=_report(notification),
        evidence=notification.evidence,
    )


def _report(notification: Notification) -> str | None:
    uri = notification.report
    return uri and (object_link(notification.execution_arn, uri) or uri)


def _severity(notification: Notification, *, failed: bool) -> Severity:
    if failed:
        return Severity.ERROR
    warn = notification.recovered_errors or notification.warnings or notification.remaining
    return Severity.WARNING if warn else Severity.INFO


def _headline(notification: Notification) -> str:
    name = notification.model or notification.source.key
    return {
        Status.SUCCEEDED: f"{name} is live",
        Status.FAILED: f"{name} failed at {notification.failed_state}",
        Status.ROLLED_BACK: f"{name} was rolled back",
        Status.SUPERSEDED: f"{name}: a later drop is live",
        Status.DUPLICATE: f"{name}: duplicate drop",
    }[notification.status]


def _summary(notification: Notification) -> str:
    if notification.smoke and not notification.cause:
        return notification.smoke.latency.brief
    return notification.cause or ""


def _sentence(notification: Notification) -> str:
    name = notification.model or f"s3://{notification.source.bucket}/{notification.source.key}"
    smoke = notification.smoke
    if notification.status == Status.SUCCEEDED and smoke:
        live = (
            f"was restored to version {notification.version_label or notification.version}"
            if notification.restored
            else "is live"
        )
        return (
            f"{name} {live} on the endpoint {notification.endpoint} and answered {smoke.requests} "
            f"{smoke.request_format} requests ({smoke.latency.brief})."
        )
    return f"{name} {_outcome(notification)}: {notification.cause}"


def _outcome(notification: Notification) -> str:
    state = notification.failed_state
    match notification.status:
        case Status.ROLLED_BACK:
            return f"was rolled back at {state}"
        case Status.SUPERSEDED:
            return "was superseded"
        case Status.DUPLICATE:
            return "was dropped twice"
        case _:
            return _FAILED_TESTS.get(state or "", f"failed at {state}")


def _events(notification: Notification) -> tuple[str, ...]:
    """List what succeeded, then warnings and recovered errors, then remaining resources."""
    return (
        *_result(notification),
        *(_smoke_test(notification.smoke) if notification.smoke else ()),
        *([shadow_text(notification.shadow_comparison)] if notification.shadow_comparison else ()),
        *_pool_change(notification),
        *(f"Warning: {each.cause} {each.fix}" for each in notification.warnings),
        *(
            f"Recovered error at {each.state}: {each.error}: {each.cause}"
            for each in notification.recovered_errors
        ),
        *([remaining_sentence(notification.remaining)] if notification.remaining else []),
    )


def _result(notification: Notification) -> list[str]:
    source, error = notification.source, notification.error
    drop = f"s3://{source.bucket}/{source.key}"
    version = notification.version and version_text(
        notification.version, notification.version_label
    )
    what = f"Version {version} of {drop}" if version else f"The drop {drop}"
    end = f"stopped at {notification.failed_state} ({error})" if error else "passed its smoke test"
    after = f" after {_time(sum(notification.timings.values()))}" if notification.timings else ""
    lines = [f"{what} {end}{after}."]
    uploader = upload_text(source)
    if uploader:
        lines.append(f"Dropped by {uploader}.")
    if notification.superseded_version:
        previous = version_text(
            notification.superseded_version, notification.superseded_version_label
        )
        lines.append(f"Previous version: {previous}.")
    return lines


def _pool_change(notification: Notification) -> list[str]:
    change = notification.pool_change
    if change is None:
        return []
    succeeded = notification.status == Status.SUCCEEDED
    return [pool_text(change, succeeded=succeeded, undone=not notification.remaining)]


def _smoke_test(smoke: SmokeResult) -> list[str]:
    lines = [
        f"Smoke test: {smoke.latency.text}, first response {milliseconds(smoke.first_ms)}. "
        f"Golden sample: {smoke.golden}."
    ]
    if smoke.top:
        top = (f"{each.label or f'class {each.index}'} ({each.score:.3f})" for each in smoke.top)
        lines.append(f"Top classes for {smoke.input}: {', '.join(list(top)[:_CLASSES])}.")
    if smoke.load:
        lines.append(load_summary(smoke.load, smoke.limits.get("p95_ms")))
    return lines


def _time(seconds: float) -> str:
    return duration_text(timedelta(seconds=round(seconds)))
