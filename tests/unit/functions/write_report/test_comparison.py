from __future__ import annotations

import pytest

from tests.report_samples import FEW, SIGNATURE, latency, summary
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
    ],
)
def test_a_lower_latency_is_better(before: float, now: float, change: str, tone: str) -> None:
    found = differences(summary(latency=latency(before)), summary(latency=latency(now)))
    for what in ("Median latency", "95th percentile"):
        assert (found[what].change, found[what].tone) == (change, tone)


def test_latencies_of_a_few_requests_are_not_compared() -> None:
    for pair in ((FEW, latency(30)), (latency(30), FEW)):
        before, now = (summary(latency=each) for each in pair)
        found = differences(before, now)
        assert (found["Latency"].change, found["Latency"].tone) == ("too few requests", "")
        assert not {"Median latency", "95th percentile"} & found.keys()


@pytest.mark.parametrize(("now", "tone"), [(200.0, "good"), (50.0, "bad"), (105.0, "")])
def test_a_higher_rate_is_better(now: float, tone: str) -> None:
    found = differences(summary(requests_per_second=100.0), summary(requests_per_second=now))[
        "Maximum requests per second"
    ]
    assert found.tone == tone


def test_what_is_not_known_of_this_one_is_left_out() -> None:
    found = differences(summary(), summary(latency=None))
    assert not {"Latency", "Median latency"} & found.keys()


def test_unknown_values_are_marked() -> None:
    found = differences(summary(latency=None, signature=None), summary())
    assert found["Latency"].before == "unknown"
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
