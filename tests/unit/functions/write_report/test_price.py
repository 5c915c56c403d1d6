"""What an endpoint costs, where the stack's owner said what an instance does."""

from __future__ import annotations

import pytest

from tests.report_samples import HOSTING
from write_report.price import price_of

BOTH = "ml.c5.large=0.102,ml.g4dn.xlarge=0.736"


@pytest.mark.parametrize(
    ("region", "count", "hour", "month"),
    [
        ("eu-central-1", 1, "0.736 USD", "537 USD"),
        ("us-east-1", 3, "2.208 USD", "1,612 USD"),
        ("cn-north-1", 1, "0.736 CNY", "537 CNY"),
    ],
)
def test_all_instances_are_billed(region: str, count: int, hour: str, month: str) -> None:
    hosting = HOSTING.model_copy(update={"instance_count": count})
    found = price_of(hosting, BOTH, region)
    assert found is not None
    assert (found.hour, found.month) == (hour, month)


@pytest.mark.parametrize("prices", ["", "ml.c5.large=0.102", "ml.g4dn.2xlarge=1"])
def test_type_without_a_price_has_none(prices: str) -> None:
    assert price_of(HOSTING, prices, "us-east-1") is None
