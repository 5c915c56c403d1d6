"""What an endpoint costs, by the prices that the stack's owner gave: Modeldrop keeps none."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model_packager.sagemaker.hosting import Hosting

HOURS_A_MONTH = 730


@dataclass(frozen=True)
class Price:
    """What all its instances cost an hour, in the currency of AWS's bills there."""

    instance_hour: Decimal
    count: int
    currency: str

    @property
    def hour(self) -> str:
        """Of all instances."""
        return f"{self.instance_hour * self.count:,} {self.currency}"

    @property
    def month(self) -> str:
        """Of all instances, in a month of 730 hours."""
        return f"{self.instance_hour * self.count * HOURS_A_MONTH:,.0f} {self.currency}"


def price_of(hosting: Hosting, hourly_prices: str, region: str) -> Price | None:
    """Look the instance type up; None where nobody said.

    Args:
        hosting: where the model runs.
        hourly_prices: the stack's parameter, as "ml.g4dn.xlarge=0.736,ml.c5.large=0.102".
        region: AWS bills in CNY in China, else in USD (AWS pricing pages).
    """
    entries = (entry.partition("=") for entry in hourly_prices.split(",") if entry)
    prices = {instance_type: Decimal(price) for instance_type, _, price in entries}
    if hosting.instance_type not in prices:
        return None
    currency = "CNY" if region.startswith("cn-") else "USD"
    return Price(prices[hosting.instance_type], hosting.instance_count, currency)
