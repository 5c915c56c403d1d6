"""The cost of an endpoint, from the prices in the stack's parameters: Modeldrop has none."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model_packager.sagemaker.hosting import Hosting

HOURS_A_MONTH = 730


@dataclass(frozen=True)
class Price:
    """The price of an endpoint's instances, in the currency of AWS's bills in the region."""

    instance_hour: Decimal
    count: int
    currency: str

    @property
    def hour(self) -> str:
        """The price of all instances per hour."""
        return f"{self.instance_hour * self.count:,} {self.currency}"

    @property
    def month(self) -> str:
        """The price of all instances per month of 730 hours."""
        return f"{self.instance_hour * self.count * HOURS_A_MONTH:,.0f} {self.currency}"


def price_of(hosting: Hosting, hourly_prices: str, region: str) -> Price | None:
    """Find the price of the instance type; None if the parameter does not have it.

    Args:
        hosting: the hosting of the model.
        hourly_prices: the stack's parameter, as "ml.g4dn.xlarge=0.736,ml.c5.large=0.102".
        region: AWS bills in CNY in China, otherwise in USD (AWS pricing pages).
    """
    entries = (entry.partition("=") for entry in hourly_prices.split(",") if entry)
    prices = {instance_type: Decimal(price) for instance_type, _, price in entries}
    if hosting.instance_type not in prices:
        return None
    currency = "CNY" if region.startswith("cn-") else "USD"
    return Price(prices[hosting.instance_type], hosting.instance_count, currency)
