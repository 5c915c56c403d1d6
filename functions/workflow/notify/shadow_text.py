"""The result of a shadow test in one sentence, for messages and screens."""

from model_packager.latency_statistics import milliseconds
from model_packager.stored import ShadowComparison, VariantTraffic


def shadow_text(comparison: ShadowComparison) -> str:
    """Describe what was compared, and both latencies."""
    return f"Shadow test: {agreement_text(comparison)}{_latencies(comparison)}."


def agreement_text(comparison: ShadowComparison) -> str:
    """Describe how many responses agree."""
    if not comparison.compared:
        return f"none of {comparison.shadow.requests:,} copies of requests compared"
    return f"{comparison.agreeing:,} of {comparison.compared:,} responses agree"


def latency_text(traffic: VariantTraffic) -> str:
    """Describe a latency: median and 95th percentile, or the mean of a few requests."""
    if traffic.p50_ms is not None and traffic.p95_ms is not None:
        return f"median {milliseconds(traffic.p50_ms)}, p95 {milliseconds(traffic.p95_ms)}"
    if traffic.mean_ms is None:
        return "unknown"
    return f"mean of {traffic.requests:,}: {milliseconds(traffic.mean_ms)}"


def _latencies(comparison: ShadowComparison) -> str:
    if comparison.shadow.mean_ms is None or comparison.live.mean_ms is None:
        return ""
    new, live = latency_text(comparison.shadow), latency_text(comparison.live)
    return f"; latency {new} (live version: {live})"
