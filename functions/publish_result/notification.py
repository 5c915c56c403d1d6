"""The notification: its JSON keys, a stable interface for subscribers. Pure."""

from pydantic import AwareDatetime

from model_packager.error_message import Remedy
from model_packager.model_warnings import ModelWarning
from model_packager.names.version import version_label
from model_packager.signature import Signature
from model_packager.status import Status
from model_packager.stored import CaughtError, PoolChange, ShadowComparison, SmokeResult, Source
from workflow.contracts.base import Contract
from workflow.contracts.deploy_model import PublishResultInput
from workflow.notify.message import LiveState
from workflow.outcome import DeploymentOutcome, cause_and_fix


class RecoveredError(Contract):
    """An error that did not end the deployment."""

    state: str
    error: str
    cause: str
    fix: str


class Notification(Contract):
    """The JSON of the message body. docs/notifications.md shows this list.

    Attributes:
        status: `SUCCEEDED`; `FAILED`; `ROLLED_BACK`: SageMaker returned to the previous version;
            `SUPERSEDED`: a later drop is live; `DUPLICATE`: S3 delivered the event twice.
        model: the model's name.
        version: the drop's time and 8 digits of a digest.
        version_label: the short label of the version, such as `v4`.
        endpoint: its name never changes.
        region: the AWS Region.
        source: the dropped object, with `bucket`, `key`, `etag` and `version_id`; `dropped_by`:
            its uploader, such as `user/ann`, or the account; `git_commit`: of the uploader's
            working copy. Both are null if unknown.
        execution_arn: the Step Functions execution.
        failed_state: the state that failed; null after success.
        error: the name of the error; null after success.
        cause: why it failed; null after success.
        fix: what to do; null after success.
        remedy: the kind of the fix: `correct deploy.yaml`, `correct the sample`, `correct the
            model`, `run the model`, `compare the outputs`, `check the account` or `retry`; null if
            no action is needed.
        evidence: the raw texts of SageMaker, Triton and the container's log; null without any.
        hosting_mode: `hosting.mode` of deploy.yaml: `real_time`, `async`, `serverless` or `pool`;
            null if the model was not inspected.
        signature: the inputs and outputs that Triton serves.
        warnings: possible problems of the model, each with `code`, `cause` and `fix`.
        smoke: the result of the smoke test, see below.
        shadow_comparison: with `rollout.strategy: shadow`: how the version answered copies of
            client requests, with `compared`, `agreeing`, `differences`, and the traffic of both
            versions; otherwise null.
        pool_change: with a drop that changes the endpoint of its pool: `before` and `after`, and
            `contradicted_by`: other models of the pool whose deploy.yaml sets other instances;
            otherwise null.
        timings: the seconds of each state.
        live_version: the version that the endpoint serves; null if there is none, `unknown` if
            SageMaker or S3 did not answer.
        live_version_label: its label, such as `v3`; null if unknown.
        live_since: when it went live; null if unknown.
        superseded_version: the version that was live before.
        superseded_version_label: its label.
        restored: true after `modeldrop rollback`.
        recovered_errors: errors that a retry or a fallback overcame, each with `state`, `error`,
            `cause` and `fix`.
        record: the S3 URI of the deployment record, `deployment.json`.
        report: the S3 URI of the deployment report; null for a duplicate, and if it could not be
            written.
        remaining: resources that could not be removed after a failure.
        shortened: keys that were truncated or omitted, because SNS limits the size of a message.
    """

    status: Status
    model: str | None
    version: str | None
    version_label: str | None
    endpoint: str | None
    region: str
    source: Source
    execution_arn: str
    failed_state: str | None
    error: str | None
    cause: str | None
    fix: str | None
    remedy: Remedy | None
    evidence: str | None
    hosting_mode: str | None
    signature: Signature | None
    warnings: tuple[ModelWarning, ...]
    smoke: SmokeResult | None
    shadow_comparison: ShadowComparison | None
    pool_change: PoolChange | None
    timings: dict[str, float]
    live_version: str | None
    live_version_label: str | None
    live_since: AwareDatetime | None
    superseded_version: str | None
    superseded_version_label: str | None
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
    live: LiveState,
    region: str,
    timings: dict[str, float],
) -> Notification:
    """Combine the execution's result with the live version."""
    ending, servable = event.ending, event.ending.servable
    return Notification(
        status=outcome.status,
        model=model,
        version=ending.deployment.version if ending.deployment else None,
        version_label=version_label(ending.deployment.number) if ending.deployment else None,
        endpoint=endpoint,
        region=region,
        source=ending.source,
        execution_arn=ending.execution_arn,
        failed_state=outcome.failed_state,
        error=outcome.error,
        cause=outcome.cause,
        fix=outcome.fix,
        remedy=outcome.remedy,
        evidence=outcome.evidence,
        hosting_mode=servable.spec.hosting.mode if servable else None,
        signature=servable.signature if servable else None,
        warnings=servable.warnings if servable else (),
        smoke=ending.smoke,
        shadow_comparison=ending.shadow_comparison,
        pool_change=ending.pool_change,
        timings=timings,
        live_version=live.version,
        live_version_label=live.label,
        live_since=live.since,
        superseded_version=ending.superseded_version,
        superseded_version_label=version_label(ending.superseded_number),
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
