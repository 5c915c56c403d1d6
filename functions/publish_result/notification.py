"""The notification: its JSON keys, a stable interface for subscribers. Pure."""

from pydantic import AwareDatetime

from model_packager.model_warnings import ModelWarning
from model_packager.signature import Signature
from model_packager.status import Status
from model_packager.stored import CaughtError, SmokeResult, Source
from workflow.contracts.base import Contract
from workflow.contracts.deploy_model import PublishResultInput
from workflow.outcome import DeploymentOutcome, cause_and_fix


class RecoveredError(Contract):
    """An error that did not end the deployment."""

    state: str
    error: str
    cause: str
    fix: str


class Notification(Contract):
    """The JSON of the message body. Times in seconds; null is what never came to be known.

    `shortened` names the keys that were truncate or left out, since SNS takes no larger messages.
    """

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
    live_since: AwareDatetime | None
    superseded_version: str | None
    restored: bool
    recovered_errors: list[RecoveredError]
    record: str | None
    report: str | None
    remaining: list[str]
    shortened: list[str]


def build_notification(
    event: PublishResultInput,
    outcome: DeploymentOutcome,
    *,
    model: str | None,
    endpoint: str | None,
    live_version: str | None,
    live_since: AwareDatetime | None,
    region: str,
    timings: dict[str, float],
) -> Notification:
    """Combine the execution's result with the live version."""
    ending, servable = event.ending, event.ending.servable
    return Notification(
        status=outcome.status,
        model=model,
        version=ending.deployment.version if ending.deployment else None,
        endpoint=endpoint,
        region=region,
        source=ending.source,
        execution_arn=ending.execution_arn,
        failed_state=outcome.failed_state,
        error=outcome.error,
        cause=outcome.cause,
        fix=outcome.fix,
        signature=servable.signature if servable else None,
        warnings=servable.warnings if servable else (),
        smoke=ending.smoke,
        timings=timings,
        live_version=live_version,
        live_since=live_since,
        superseded_version=ending.superseded_version,
        restored=ending.restoring,
        recovered_errors=[_recovered_error(failure) for failure in ending.recovered_errors],
        record=event.record_uri,
        report=event.report_uri,
        remaining=ending.remaining,
        shortened=[],
    )


def _recovered_error(failure: CaughtError) -> RecoveredError:
    cause, fix = cause_and_fix(failure)
    return RecoveredError(state=failure.state, error=failure.error, cause=cause, fix=fix)
