"""The first screen of a report: status, smoke test, latency and cost. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from model_packager.latency_statistics import milliseconds
from model_packager.names.version import version_text
from model_packager.sagemaker.price import hours_awake
from model_packager.status import Status
from workflow.report.rendering import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model_packager.sagemaker.price import Price
    from model_packager.stored import Live, ServableModel, SmokeResult
    from workflow.contracts.deploy_model import Ending
    from workflow.outcome import DeploymentOutcome
    from workflow.report.summary import ReportSummary


@dataclass(frozen=True)
class Answer:
    """One question with its answer; `tone` is good, note, bad or empty, `detail` may be empty."""

    question: str
    text: str
    detail: str = ""
    tone: str = ""


def answers(
    outcome: DeploymentOutcome,
    summary: ReportSummary,
    ending: Ending,
    live: Live | None,
    price: Price | None,
) -> list[Answer]:
    """Return the answers in the order of the page."""
    return [
        _live(summary, live),
        _good(outcome, ending.smoke),
        *_speed(ending.servable, ending.smoke),
        *(_cost(ending.servable, price) if outcome.status is Status.SUCCEEDED else ()),
    ]


def _live(summary: ReportSummary, live: Live | None) -> Answer:
    if live is None:
        return Answer("Live", "No", "No version of this model is live.", "bad")
    since = Markup("since {}").format(moment(live.since))
    if live.version == summary.version:
        return Answer("Live", Markup("Yes, {}").format(since), live.endpoint, "good")
    other = Markup("{} is live, {}").format(version_text(live.version, live.label), since)
    return Answer("Live", "Not this version", other, "note")


def _good(outcome: DeploymentOutcome, smoke: SmokeResult | None) -> Answer:
    if outcome.status is Status.SUPERSEDED:
        return Answer("Checks", "Stopped", "A later drop is live.", "note")
    if outcome.status is not Status.SUCCEEDED:
        failed = outcome.failed_check or outcome.failed_state or "unknown"
        return Answer("Checks", f"Failed: {failed}", tone="bad")
    if smoke is None:
        return Answer("Checks", "Not tested", tone="note")
    passed = f"{len(smoke.checks)} checks passed"
    if smoke.golden != "none":
        return Answer("Checks", f"{passed}, with a golden sample", smoke.golden, "good")
    if smoke.input.startswith("random data"):
        return Answer("Checks", f"{passed}, random data only: no golden sample", tone="note")
    return Answer("Checks", f"{passed}, no expected output", f"Input: {smoke.input}", "note")


def _speed(servable: ServableModel | None, smoke: SmokeResult | None) -> Iterator[Answer]:
    if smoke is None:
        return
    latency = smoke.latency
    details = []
    if latency.p95_ms is not None:
        details.append(f"{latency.requests} requests, one after another.")
    if servable and servable.spec.hosting.is_serverless:
        details.append(f"Cold start: {milliseconds(smoke.first_ms)}.")
    if smoke.load:
        best = max(smoke.load, key=lambda each: each.requests_per_second)
        details.append(
            f"At most {best.requests_per_second:,.0f} requests per second "
            f"({best.concurrency} clients)."
        )
    text = latency.text[0].upper() + latency.text[1:]
    yield Answer("Latency", text, " ".join(details))


def _cost(servable: ServableModel | None, price: Price | None) -> Iterator[Answer]:
    if servable is None:
        return
    hosting, mode = servable.hosting, servable.spec.hosting
    if mode.is_serverless:
        yield Answer("Cost", "Per request, nothing when idle", hosting.capacity)
    elif price is None:
        unknown = f"The stack parameter HourlyPrices has no price for {hosting.instance_type}."
        yield Answer("Cost", "Unknown price", f"{hosting.capacity}. {unknown}")
    else:
        text = f"{price.month} per month, {price.hour} per hour"
        if mode.is_async and mode.min_capacity == 0:
            text = f"Nothing when idle, {price.hour} per hour while it runs"
        awake = f", {hours_awake(price.awake)}" if servable.spec.schedule else ""
        shared = f", for all models of the pool {hosting.pool}" if hosting.pool else ""
        source = f"price from {price.instance.source}"
        yield Answer("Cost", text, f"{hosting.capacity}{shared}{awake}, {source}")
