"""The price of an endpoint, if the stack has the price of an instance."""

from __future__ import annotations

import pytest

from model_packager.sagemaker.price import (
    idle_instances,
    idle_price,
    parameter_prices,
    price_of,
    schedule_price,
)
from model_packager.spec.hosting_mode import HostingMode
from model_packager.spec.schedule import Schedule
from tests.report_samples import HOSTING

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
    found = price_of(hosting, parameter_prices(BOTH, region))
    assert found is not None
    assert (found.hour, found.month, found.source) == (hour, month, "HourlyPrices")


@pytest.mark.parametrize("prices", ["", "ml.c5.large=0.102", "ml.g4dn.2xlarge=1"])
def test_type_without_a_price_has_none(prices: str) -> None:
    assert price_of(HOSTING, parameter_prices(prices, "us-east-1")) is None


def test_idle_price_depends_on_the_mode() -> None:
    price = price_of(HOSTING, parameter_prices("ml.g4dn.xlarge=0.736", "us-east-1"))
    zero, one = (
        HostingMode.model_validate({"mode": "async", "min_instances": count}) for count in (0, 1)
    )
    assert idle_price(HOSTING, zero, None, price).startswith("Idle: nothing.")
    assert "1 x ml.g4dn.xlarge, all day: 537 USD" in idle_price(HOSTING, one, None, price)
    real_time = idle_price(HOSTING, HostingMode(), None, None)
    assert f"{HOSTING.instance_count} x" in real_time
    assert "No price is known" in real_time
    assert "3 x" in idle_price(HOSTING, HostingMode(), 3, price)


def test_serverless_costs_nothing_when_idle() -> None:
    mode = HostingMode.model_validate({"mode": "serverless"})
    assert "Idle: nothing" in idle_price(HOSTING, mode, None, None)
    assert idle_instances(HOSTING, mode, None) == 0


def test_schedule_is_compared_with_an_endpoint_that_always_runs() -> None:
    nights = Schedule(sleep="0 19 * * mon-fri", wake="0 7 * * mon-fri")
    price = price_of(HOSTING, parameter_prices("ml.g4dn.xlarge=0.736", "us-east-1"))
    assert schedule_price(nights, 2, price) == (
        "Awake 261 of 730 hours per month: 384 USD per month instead of 1,075 USD (HourlyPrices)."
    )
    assert schedule_price(nights, 2, None) == "Awake 261 of 730 hours per month."
    assert schedule_price(nights, 0, price) == "Awake 261 of 730 hours per month."
