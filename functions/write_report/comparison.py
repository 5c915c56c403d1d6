"""The differences from the previous version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_packager.latency_statistics import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model_packager.latency_statistics import LatencyStatistics
    from model_packager.signature import Signature
    from workflow.report.summary import ReportSummary

NOISE = 0.1
"""The relative difference that is normal between two short tests."""

FEW = "too few requests"

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Difference:
    """One line. `tone` is good, bad or note; empty if there is no significant change."""

    what: str
    before: str
    now: str
    change: str
    tone: str


def compare(before: ReportSummary, now: ReportSummary) -> list[Difference]:
    """Compare two deployments of a model, for all values that this deployment has."""
    differences = [
        *_latencies(before.latency, now.latency),
        _rate("Maximum requests per second", before.requests_per_second, now.requests_per_second),
        _text("Hosting", _hosting(before), _hosting(now)),
        _text("Inputs and outputs", _signature(before.signature), _signature(now.signature)),
        _text("Golden sample", before.golden, now.golden),
    ]
    return [each for each in differences if each.now != UNKNOWN]


def _latencies(
    before: LatencyStatistics | None, now: LatencyStatistics | None
) -> Iterator[Difference]:
    """Compare percentiles. If either side has only a few requests, show them without comparing."""
    if before is None or now is None or before.p95_ms is None or now.p95_ms is None:
        few = FEW if before and now else ""
        yield Difference("Latency", _brief(before), _brief(now), few, "")
        return
    yield _lower_is_better("Median latency", before.p50_ms, now.p50_ms)
    yield _lower_is_better("95th percentile", before.p95_ms, now.p95_ms)


def _brief(latency: LatencyStatistics | None) -> str:
    return latency.brief if latency else UNKNOWN


def _lower_is_better(what: str, before: float, now: float) -> Difference:
    texts = milliseconds(before), milliseconds(now)
    if not before:
        return Difference(what, *texts, "", "")
    change = now / before - 1
    return Difference(what, *texts, f"{change:+.0%}", _tone(change, worse=change > 0))


def _rate(what: str, before: float | None, now: float | None) -> Difference:
    texts = [UNKNOWN if each is None else f"{each:,.1f}" for each in (before, now)]
    if not before or now is None:
        return Difference(what, texts[0], texts[1], "", "")
    change = now / before - 1
    return Difference(what, texts[0], texts[1], f"{change:+.0%}", _tone(change, worse=change < 0))


def _tone(change: float, *, worse: bool) -> str:
    return "" if abs(change) <= NOISE else "bad" if worse else "good"


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
