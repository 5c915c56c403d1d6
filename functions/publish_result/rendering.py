"""How a drop ended, in words for people. Pure."""

from model_packager.spec.load_profile import in_words
from model_packager.stored import SmokeResult
from publish_result.next_commands import next_commands
from publish_result.notification import Notification
from workflow.contracts.deploy_model import Status
from workflow.notify.console_links import object_link
from workflow.notify.email import remaining_line
from workflow.notify.message import Letter, Severity

_CLASSES = 3


def letter(told: Notification) -> Letter:
    """Put the notification into words."""
    failed = told.status in (Status.FAILED, Status.ROLLED_BACK)
    return Letter(
        kind="deployment",
        status=told.status,
        about=told.model or told.source.key,
        headline=_headline(told),
        sentence=_sentence(told),
        brief=_brief(told),
        happened=_happened(told),
        advice=told.fix or _advice(told),
        commands=next_commands(told),
        execution_arn=told.execution_arn,
        region=told.region,
        endpoint=told.endpoint,
        standing=told.live_version is not None or bool(told.remaining),
        version=told.version,
        live_version=told.live_version,
        live_since=told.live_since,
        error=told.error,
        severity=_severity(told, failed=failed),
        needs_action=failed or bool(told.remaining),
        report=_report(told),
    )


def _report(told: Notification) -> str | None:
    return told.report and (object_link(told.execution_arn, told.report) or told.report)


def _severity(told: Notification, *, failed: bool) -> Severity:
    if failed:
        return Severity.ERROR
    on_the_way = told.recovered_errors or told.warnings or told.remaining
    return Severity.WARNING if on_the_way else Severity.INFO


def _headline(told: Notification) -> str:
    name = told.model or told.source.key
    return {
        Status.SUCCEEDED: f"{name} is live",
        Status.FAILED: f"{name} failed at {told.failed_state}",
        Status.ROLLED_BACK: f"{name} was rolled back",
        Status.SUPERSEDED: f"{name}: a later drop is live",
        Status.DUPLICATE: f"{name}: the same drop twice",
    }[told.status]


def _advice(told: Notification) -> str:
    back = ", to ask it something, or to go back:" if told.superseded_version else " and to ask it:"
    return f"Nothing has to be done. To look at it{back}"


def _brief(told: Notification) -> str:
    if told.smoke and not told.cause:
        return f"median {told.smoke.p50_ms:g} ms"
    return told.cause or ""


def _sentence(told: Notification) -> str:
    name = told.model or f"s3://{told.source.bucket}/{told.source.key}"
    if told.status == Status.SUCCEEDED and told.smoke:
        again = f"was brought back to version {told.version}" if told.restored else "is live"
        return (
            f"{name} {again} on the endpoint {told.endpoint}, and answered {told.smoke.requests} "
            f"{told.smoke.request_format} requests (median {told.smoke.p50_ms:g} ms)."
        )
    return f"{name} ended {told.status} at {told.failed_state}: {told.cause}"


def _happened(told: Notification) -> tuple[str, ...]:
    """Give what worked, then what did not and did not end it, then what is left."""
    return (
        *_ended(told),
        *(_tested(told.smoke) if told.smoke else ()),
        *(f"Warning: {each.cause} {each.fix}" for each in told.warnings),
        *(
            f"On the way, {each.state} met {each.error}: {each.cause}"
            for each in told.recovered_errors
        ),
        *([remaining_line(told.remaining)] if told.remaining else []),
    )


def _ended(told: Notification) -> list[str]:
    what = f"Version {told.version}" if told.version else "The drop"
    how = f"stopped at {told.failed_state} ({told.error})" if told.error else "passed its test"
    took = f", {_time(sum(told.timings.values()))} after it began" if told.timings else ""
    before = told.superseded_version
    return [
        f"{what} of s3://{told.source.bucket}/{told.source.key} {how}{took}.",
        *([f"Version {before} served before."] if before else []),
    ]


def _tested(smoke: SmokeResult) -> list[str]:
    lines = [
        f"The test: median {smoke.p50_ms:g} ms, 95th percentile {smoke.p95_ms:g} ms, the first "
        f"answer after {smoke.first_ms:g} ms. The golden sample: {smoke.golden}."
    ]
    if smoke.top:
        seen = (f"{each.label or f'class {each.index}'} ({each.score:.3f})" for each in smoke.top)
        lines.append(f"On {smoke.input} it saw: {', '.join(list(seen)[:_CLASSES])}.")
    if smoke.load:
        lines.append(in_words(smoke.load, smoke.limits.get("p95_ms")))
    return lines


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
