from __future__ import annotations

from typing import Any

import pytest

from compare_answers.rejection import rejection_of
from model_packager.error_message import split
from model_packager.spec.operation_spec import Rollout
from model_packager.stored import ShadowComparison, VariantTraffic

TRAFFIC = VariantTraffic(requests=1000, failed=0, mean_ms=5, p50_ms=5, p95_ms=9)
GOOD = ShadowComparison(
    live_version="20260731T080000Z-ffffffff",
    sample_percent=20,
    hours=2,
    compared=200,
    agreeing=190,
    differences=(),
    complete=True,
    live=TRAFFIC,
    shadow=TRAFFIC.model_copy(update={"requests": 200}),
)


def cause(rollout: dict[str, Any] | None = None, **changed: Any) -> str | None:
    settings = Rollout(strategy="shadow", **rollout or {})
    found = rejection_of(GOOD.model_copy(update=changed), settings)
    if found is None:
        return None
    assert (found.state, found.error) == ("Compare Answers", "ShadowTestFailed")
    text, fix = split(found.cause)
    assert "Then upload" in fix
    return text


def shadow(**changed: Any) -> VariantTraffic:
    return GOOD.shadow.model_copy(update=changed)


def test_95_percent_are_enough_by_default() -> None:
    assert cause() is None
    assert cause(agreeing=189, differences=("y: no",)) == (
        "11 of 200 responses differ from those of the live version, so 94.5% agree and "
        "rollout.min_agreement_percent is 95. y: no."
    )
    assert cause({"min_agreement_percent": 94}, agreeing=189) is None
    assert cause({"min_agreement_percent": 0}, agreeing=0) is None


def test_few_requests() -> None:
    nothing = TRAFFIC.model_copy(update={"requests": 0, "mean_ms": None, "p50_ms": None})
    quiet: dict[str, Any] = {"compared": 0, "agreeing": 0, "live": nothing, "shadow": nothing}
    assert cause(**quiet) == (
        "The new version got no copies of client requests in 2 hours, but rollout.min_requests is "
        "1."
    )
    assert cause({"min_requests": 0}, **quiet) is None
    text = cause({"min_requests": 500})
    assert text == "200 requests were compared in 2 hours, but rollout.min_requests is 500."
    text = cause(compared=0, agreeing=0)
    assert text is not None
    assert text.startswith("None of 200 copies could be compared")


@pytest.mark.parametrize(("failed", "is_rejected"), [(10, False), (11, True)])
def test_failed_copies_count_beyond_those_of_the_live_version(
    failed: int, *, is_rejected: bool
) -> None:
    assert (cause(shadow=shadow(failed=failed)) is not None) is is_rejected
    live = TRAFFIC.model_copy(update={"failed": 100})  # ten percent of the requests are invalid
    assert (cause(live=live, shadow=shadow(failed=failed + 20)) is not None) is is_rejected
    assert cause(live=live, shadow=shadow(failed=failed)) is None


def test_all_copies_fail() -> None:
    text = cause(compared=0, agreeing=0, shadow=shadow(failed=200))
    assert text == (
        "The new version failed 200 of 200 copies of client requests, and the live version 0 of "
        "1,000 requests."
    )


def test_latency_counts_if_there_is_a_percentile() -> None:
    limit = {"max_p95_ms": 8}
    assert cause(limit) == (
        "The 95th percentile of the new version's latency was 9.0 ms, but rollout.max_p95_ms is 8."
    )
    assert cause(limit, shadow=shadow(p95_ms=None)) is None
    assert cause({"max_p95_ms": 9}) is None
