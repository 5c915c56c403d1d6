"""The contents of a report, and its rendering as HTML without any I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.client_code.languages import client_code, languages
from model_packager.executions.upload_metadata import upload_text
from model_packager.status import Status
from workflow.notify.console_links import execution_link
from workflow.notify.pool_text import pool_text
from workflow.outcome import cause_and_fix
from workflow.report.rendering import render
from workflow.report.summary import ReportSummary
from write_report.answers import answers
from write_report.comparison import compare
from write_report.dots import dots
from write_report.histogram import histogram
from write_report.load_curve import levels_of, load_curve
from write_report.shadow_rows import shadow_rows
from write_report.timeline import timeline, total_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from markupsafe import Markup

    from model_packager.client_code.call import Call
    from model_packager.executions.history import StateVisit
    from model_packager.sagemaker.price import Price
    from model_packager.stored import CaughtError, Live, ServableModel, SmokeResult
    from workflow.contracts.deploy_model import Ending, WriteReportInput
    from workflow.outcome import DeploymentOutcome


@dataclass(frozen=True)
class Report:
    """The contents of the page.

    Attributes:
        event: the input of Write Report.
        outcome: the status of the deployment, with cause and fix.
        summary: the key figures, stored next to the page.
        visits: the finished visits to the states.
        before: the summary of the version to compare with; None if there is none.
        before_page: the name of that version's page in the same folder; None if there is none.
        live: the live version at the time of writing.
        picture: the sample as a data URI.
        price: the price of the hosting; None if the stack's parameter lacks it.
        call: how a client calls the version; None if it is not live.
    """

    event: WriteReportInput
    outcome: DeploymentOutcome
    summary: ReportSummary
    visits: Sequence[StateVisit]
    before: ReportSummary | None
    before_page: str | None
    live: Live | None
    picture: str | None
    price: Price | None
    call: Call | None = None


@dataclass(frozen=True)
class RecoveredError:
    """An error that did not end the deployment, with cause and fix."""

    state: str
    error: str
    cause: str
    fix: str


def summarize(
    ending: Ending,
    outcome: DeploymentOutcome,
    model: str | None,
    at: datetime,
    price: Price | None,
) -> ReportSummary:
    """Return the summary of the deployment."""
    smoke, servable, deployment = ending.smoke, ending.servable, ending.deployment
    load = smoke.load if smoke else ()
    return ReportSummary(
        model=model,
        version=deployment.version if deployment else None,
        number=deployment.number if deployment else None,
        status=outcome.status,
        at=at,
        restored=ending.restoring,
        endpoint=deployment.endpoint if deployment else None,
        instance_type=servable.hosting.instance_type if servable else None,
        instance_count=servable.hosting.instance_count if servable else None,
        mode=servable.hosting.mode if servable else None,
        month_price=_month_price(servable, price),
        latency=smoke.latency if smoke else None,
        requests_per_second=max((each.requests_per_second for each in load), default=None),
        golden=smoke.golden if smoke else None,
        signature=servable.signature if servable else None,
        failed_state=outcome.failed_state,
        cause=outcome.cause,
    )


def _month_price(servable: ServableModel | None, price: Price | None) -> str | None:
    if servable is None or price is None:
        return None
    scales_to_zero = servable.spec.hosting.is_async and servable.spec.hosting.min_capacity == 0
    return f"0 to {price.month}" if scales_to_zero else price.month


def report_page(report: Report) -> str:
    """Render the page. It is in its model's folder, two levels below the index."""
    event, ending, summary = report.event, report.event.ending, report.summary
    return render(
        "report.html.j2",
        report=report,
        event=event,
        ending=ending,
        servable=ending.servable,
        warnings=ending.servable.warnings if ending.servable else (),
        summary=summary,
        outcome=report.outcome,
        name=summary.model or ending.source.key,
        sentence=_sentence(report),
        failed_check=_failed_check(report.outcome),
        answers=answers(report.outcome, summary, ending, report.live, report.price),
        uploader=upload_text(ending.source),
        timeline=timeline(
            report.visits,
            report.outcome.failed_state,
            {each.state for each in ending.recovered_errors},
        ),
        seconds=total_seconds(report.visits),
        latencies=_latencies(event.latencies_ms, ending.smoke),
        pool_change=_pool_change(report),
        shadow_rows=shadow_rows(ending.shadow_comparison),
        load_curves=_load_curves(ending.smoke),
        comparison=compare(report.before, summary) if report.before else [],
        recovered_errors=[_recovered_error(each) for each in ending.recovered_errors],
        console=execution_link(ending.execution_arn),
        programs=_programs(report.call),
    )


def _pool_change(report: Report) -> str | None:
    ending = report.event.ending
    if ending.pool_change is None:
        return None
    succeeded = report.outcome.status == Status.SUCCEEDED
    return pool_text(ending.pool_change, succeeded=succeeded, undone=not ending.remaining)


def _sentence(report: Report) -> str:
    summary, endpoint = report.summary, report.summary.endpoint
    match summary.status:
        case Status.SUCCEEDED if summary.restored:
            return f"This version was restored, passed its smoke test and is live on {endpoint}."
        case Status.SUCCEEDED:
            return f"This version passed its smoke test and is live on {endpoint}."
        case Status.ROLLED_BACK:
            return f"SageMaker rolled this version back at {summary.failed_state}."
        case Status.SUPERSEDED:
            return "A later drop superseded this version."
        case _:
            return _failure(summary.failed_state)


def _failure(state: str | None) -> str:
    return {
        "Smoke Test": "This version failed its smoke test.",
        "Check Endpoint": "The endpoint failed to start.",
        "Compare Answers": "This version failed its shadow test.",
    }.get(state or "", f"The deployment failed at {state}.")


def _failed_check(outcome: DeploymentOutcome) -> str | None:
    """Return the check that failed: one of the smoke test, or a state."""
    if outcome.status not in {Status.FAILED, Status.ROLLED_BACK}:
        return None
    return outcome.failed_check or outcome.failed_state


def _programs(call: Call | None) -> dict[str, str]:
    """Return the client code by language."""
    return {} if call is None else {each: client_code(call, each) for each in languages(call)}


def _load_curves(smoke: SmokeResult | None) -> list[Markup]:
    if smoke is None or not smoke.load:
        return []
    levels = levels_of(smoke.load)
    clients = [each.concurrency for each in levels]
    return [
        load_curve(clients, [each.requests_per_second for each in levels], "Requests per second"),
        load_curve(clients, [each.p95_ms for each in levels], "95th percentile in ms"),
    ]


def _latencies(latencies: Sequence[float], smoke: SmokeResult | None) -> Markup | None:
    """Draw the latencies; a few as dots, because they have no distribution."""
    if smoke is None or not latencies:
        return None
    draw = dots if smoke.latency.p95_ms is None else histogram
    return draw(latencies, smoke.latency)


def _recovered_error(failure: CaughtError) -> RecoveredError:
    cause, fix = cause_and_fix(failure)
    return RecoveredError(failure.state, failure.error, cause, fix)
