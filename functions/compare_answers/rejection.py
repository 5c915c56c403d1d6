"""Decides whether a version goes live after its shadow test. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_packager.error_message import Remedy
from model_packager.latency_statistics import milliseconds
from model_packager.stored import CaughtError
from workflow.errors import ShadowTestFailed

if TYPE_CHECKING:
    from model_packager.spec.operation_spec import Rollout
    from model_packager.stored import ShadowComparison

_STATE = "Compare Answers"
_AGAIN = "Then upload the model again."
_SPEC_AGAIN = "Then upload deploy.yaml."


def rejection_of(comparison: ShadowComparison, rollout: Rollout) -> CaughtError | None:
    """Return why the version is rejected; None if it may go live."""
    failure = _failure(comparison, rollout)
    if failure is None:
        return None
    return CaughtError(state=_STATE, error=type(failure).__name__, cause=str(failure))


def _failure(comparison: ShadowComparison, rollout: Rollout) -> ShadowTestFailed | None:
    return (
        _of_errors(comparison, rollout)
        or _of_responses(comparison, rollout)
        or _of_few(comparison, rollout)
        or _of_latency(comparison, rollout)
    )


def _of_errors(comparison: ShadowComparison, rollout: Rollout) -> ShadowTestFailed | None:
    """Return an error if too many copies fail, compared with the client requests that fail."""
    live, shadow = comparison.live, comparison.shadow
    if not shadow.failed:
        return None
    usual = 100 * live.failed / live.requests if live.requests else 0.0
    percent = 100 * shadow.failed / max(shadow.requests, shadow.failed)
    if percent - usual <= 100 - rollout.min_agreement_percent:
        return None
    return ShadowTestFailed(
        f"The new version failed {shadow.failed:,} of {shadow.requests:,} copies of client "
        f"requests, and the live version {live.failed:,} of {live.requests:,} requests.",
        "Look for the errors in the log group of the endpoint, in the streams of the variant "
        f"shadow. Correct the model. {_AGAIN}",
        remedy=Remedy.CORRECT_MODEL,
    )


def _of_responses(comparison: ShadowComparison, rollout: Rollout) -> ShadowTestFailed | None:
    agreement = comparison.agreement_percent
    if agreement is None or agreement >= rollout.min_agreement_percent:
        return None
    differing = comparison.compared - comparison.agreeing
    examples = " ".join(f"{each}." for each in comparison.differences)
    return ShadowTestFailed(
        f"{differing:,} of {comparison.compared:,} responses differ from those of the live "
        f"version, so {agreement:.1f}% agree and rollout.min_agreement_percent is "
        f"{rollout.min_agreement_percent:g}. {examples}",
        "If the new responses are correct, widen smoke_test.rtol, atol or tolerances, lower "
        "rollout.min_agreement_percent, or set another rollout.strategy in deploy.yaml. Otherwise "
        f"correct the model. {_AGAIN}",
        remedy=Remedy.CORRECT_SPEC,
    )


def _of_few(comparison: ShadowComparison, rollout: Rollout) -> ShadowTestFailed | None:
    if comparison.compared >= rollout.min_requests:
        return None
    return ShadowTestFailed(
        f"{_compared(comparison)} in {comparison.hours:g} hours, but rollout.min_requests is "
        f"{rollout.min_requests:,}.",
        "Raise rollout.hours or sample_percent in deploy.yaml. Or set rollout.min_requests: 0, so "
        f"that a version goes live without any. {_SPEC_AGAIN}",
        remedy=Remedy.CORRECT_SPEC,
    )


def _compared(comparison: ShadowComparison) -> str:
    if not comparison.shadow.requests:
        return "The new version got no copies of client requests"
    if not comparison.compared:
        return f"None of {comparison.shadow.requests:,} copies could be compared"
    return f"{comparison.compared:,} requests were compared"


def _of_latency(comparison: ShadowComparison, rollout: Rollout) -> ShadowTestFailed | None:
    p95, limit = comparison.shadow.p95_ms, rollout.max_p95_ms
    if p95 is None or limit is None or p95 <= limit:
        return None
    return ShadowTestFailed(
        f"The 95th percentile of the new version's latency was {milliseconds(p95)}, but "
        f"rollout.max_p95_ms is {limit:g}.",
        "Set a faster endpoint.instance_type, or raise rollout.max_p95_ms in deploy.yaml. "
        f"{_SPEC_AGAIN}",
        remedy=Remedy.CORRECT_SPEC,
    )
