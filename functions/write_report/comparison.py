"""The differences from the previous version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow.report.rendering import milliseconds

if TYPE_CHECKING:
    from model_packager.signature import Signature
    from workflow.report.summary import ReportSummary

NOISE = 0.1
"""The relative difference that is normal between two short tests."""

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Difference:
    """One line. `tone` is good, bad, note, or empty if there is no significant change."""

    what: str
    before: str
    now: str
    change: str
    tone: str


def compare(before: ReportSummary, now: ReportSummary) -> list[Difference]:
    """Compare two deployments of a model, for all values that this deployment has."""
    differences = [
        _number("Median latency", before.p50_ms, now.p50_ms, "ms"),
        _number("95th percentile", before.p95_ms, now.p95_ms, "ms"),
        _number(
            "Maximum requests per second", before.requests_per_second, now.requests_per_second, ""
        ),
        _text("Hosting", _hosting(before), _hosting(now)),
        _text("Inputs and outputs", _signature(before.signature), _signature(now.signature)),
        _text("Golden sample", before.golden, now.golden),
    ]
    return [each for each in differences if each.now != UNKNOWN]


def _number(what: str, before: float | None, now: float | None, unit: str) -> Difference:
    """Compare two numbers: a lower latency (`unit` is ms) is better, a lower rate is worse."""
    texts = [
        UNKNOWN if each is None else milliseconds(each) if unit else f"{each:,.1f}"
        for each in (before, now)
    ]
    if not before or now is None:
        return Difference(what, texts[0], texts[1], "", "")
    change = now / before - 1
    worse = change > 0 if unit else change < 0
    tone = "" if abs(change) <= NOISE else "bad" if worse else "good"
    return Difference(what, texts[0], texts[1], f"{change:+.0%}", tone)


def _text(what: str, before: str | None, now: str | None) -> Difference:
    if before is None or now is None:
        return Difference(what, before or UNKNOWN, now or UNKNOWN, "", "")
    same = before == now
    return Difference(what, before, now, "same" if same else "changed", "" if same else "note")


def _hosting(summary: ReportSummary) -> str | None:
    if summary.instance_type is None:
        return None
    return f"{summary.instance_count} x {summary.instance_type}"


def _signature(signature: Signature | None) -> str | None:
    if signature is None:
        return None
    tensors = [
        f"{each.name} {each.dtype.name} {list(each.dims)}"
        for each in (*signature.inputs, *signature.outputs)
    ]
    return f"{', '.join(tensors)}, batches of {signature.max_batch_size}"
