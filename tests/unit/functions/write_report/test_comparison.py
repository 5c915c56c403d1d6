from __future__ import annotations

import pytest

from tests.report_samples import SIGNATURE, summary
from workflow.report.summary import ReportSummary
from write_report.comparison import Difference, compare


def differences(before: ReportSummary, now: ReportSummary) -> dict[str, Difference]:
    return {each.what: each for each in compare(before, now)}


@pytest.mark.parametrize(
    ("before", "now", "change", "tone"),
    [
        (10, 10.9, "+9%", ""),
        (10, 12, "+20%", "bad"),
        (10, 5, "-50%", "good"),
        (None, 10, "", ""),
    ],
)
def test_a_lower_latency_is_better(
    before: float | None, now: float | None, change: str, tone: str
) -> None:
    found = differences(summary(p50_ms=before), summary(p50_ms=now))["Median latency"]
    assert (found.change, found.tone) == (change, tone)


@pytest.mark.parametrize(("now", "tone"), [(200.0, "good"), (50.0, "bad"), (105.0, "")])
def test_a_higher_rate_is_better(now: float, tone: str) -> None:
    found = differences(summary(requests_per_second=100.0), summary(requests_per_second=now))[
        "Maximum requests per second"
    ]
    assert found.tone == tone


def test_what_is_not_known_of_this_one_is_left_out() -> None:
    assert "Median latency" not in differences(summary(), summary(p50_ms=None))


def test_unknown_values_are_marked() -> None:
    found = differences(summary(p95_ms=None, signature=None), summary())
    assert found["95th percentile"].before == "unknown"
    assert found["Inputs and outputs"].before == "unknown"
    assert found["Inputs and outputs"].change == ""


def test_hosting_signature_and_sample_are_the_same_or_changed() -> None:
    same = differences(summary(), summary())
    other = differences(
        summary(),
        summary(
            instance_count=2,
            golden="none",
            signature=SIGNATURE.model_copy(update={"max_batch_size": 0}),
        ),
    )
    for what in ("Hosting", "Inputs and outputs", "Golden sample"):
        assert (same[what].change, same[what].tone) == ("same", "")
        assert (other[what].change, other[what].tone) == ("changed", "note")
    assert other["Hosting"].now == "2 x ml.g4dn.xlarge"
    assert "INPUT__0 FP32 [3, 224, 224]" in same["Inputs and outputs"].now
