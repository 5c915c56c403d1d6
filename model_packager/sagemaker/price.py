"""The cost of an endpoint, from configured or fetched prices: Modeldrop has no prices itself."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from model_packager.spec.schedule import awake_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model_packager.sagemaker.hosting import Hosting
    from model_packager.spec.hosting_mode import HostingMode
    from model_packager.spec.schedule import Schedule

HOURS_A_MONTH = 730

PARAMETER = "HourlyPrices"
"""The stack parameter, as the source of a price."""


@dataclass(frozen=True)
class InstancePrice:
    """The price of an instance per hour.

    Attributes:
        amount: the amount in the currency.
        currency: the currency of AWS's bills in the Region, such as "USD".
        source: the source and its date, such as "AWS Price List, fetched 2026-11-29".
    """

    amount: Decimal
    currency: str
    source: str


@dataclass(frozen=True)
class Price:
    """The price of an endpoint's instances.

    Attributes:
        instance: the price of one instance.
        count: the number of instances.
        awake: the share of the time that the instances run, from 0 to 1.
    """

    instance: InstancePrice
    count: int
    awake: float = 1

    @property
    def hour(self) -> str:
        """The price of all instances per hour."""
        return f"{self.instance.amount * self.count:,} {self.instance.currency}"

    @property
    def month(self) -> str:
        """The price of all instances per month of 730 hours, without the hours of sleep."""
        hours = Decimal(self.awake * HOURS_A_MONTH)
        return f"{self.instance.amount * self.count * hours:,.0f} {self.instance.currency}"

    @property
    def source(self) -> str:
        """The source of the price and its date."""
        return self.instance.source


def currency_of(region: str) -> str:
    """Return the currency of AWS's bills: CNY in China, otherwise USD (AWS pricing pages)."""
    return "CNY" if region.startswith("cn-") else "USD"


def parameter_prices(hourly_prices: str, region: str) -> dict[str, InstancePrice]:
    """Return the prices in the stack parameter, by instance type.

    Args:
        hourly_prices: the parameter, as "ml.g4dn.xlarge=0.736,ml.c5.large=0.102".
        region: the stack's Region.
    """
    entries = (entry.partition("=") for entry in hourly_prices.split(",") if entry)
    currency = currency_of(region)
    return {
        instance_type: InstancePrice(Decimal(amount), currency, PARAMETER)
        for instance_type, _, amount in entries
    }


def price_of(
    hosting: Hosting, prices: Mapping[str, InstancePrice], schedule: Schedule | None = None
) -> Price | None:
    """Return the price of a model's instances, with its schedule; None if it is unknown."""
    instance = prices.get(hosting.instance_type)
    awake = 1.0 if schedule is None else awake_share(schedule)
    return None if instance is None else Price(instance, hosting.instance_count, awake)


def hours_awake(share: float) -> str:
    """Describe how long a model with a schedule is awake.

    Args:
        share: the share of the time, as `awake_share` returns it.
    """
    return f"awake {share * HOURS_A_MONTH:,.0f} of {HOURS_A_MONTH} hours per month"


def staging_price(hosting: Hosting, price: Price | None) -> str:
    """Describe in one sentence what the staging endpoint of an update costs.

    Args:
        hosting: the hosting of the staging endpoint.
        price: the price of its instances; None if it is unknown.
    """
    if hosting.serverless is not None:
        return "SageMaker bills the requests of that test."
    each = f"{hosting.capacity} is billed until that test has ended"
    return f"{each}." if price is None else f"{each}, {price.hour} per hour ({price.source})."


def idle_instances(hosting: Hosting, mode: HostingMode, autoscaled_to: int | None) -> int:
    """Return the number of instances that run without any request.

    Args:
        hosting: the hosting of the model.
        mode: the hosting mode of its spec.
        autoscaled_to: the smallest number of instances of a real-time endpoint's autoscaling.
    """
    if mode.is_serverless:
        return 0
    if mode.is_async:
        return mode.min_capacity
    return hosting.instance_count if autoscaled_to is None else autoscaled_to


def idle_price(
    hosting: Hosting, mode: HostingMode, autoscaled_to: int | None, price: Price | None
) -> str:
    """Describe in one sentence what the endpoint costs without any request."""
    if mode.is_serverless:
        return (
            "Idle: nothing. SageMaker bills the milliseconds of requests, by memory, and the data."
        )
    count = idle_instances(hosting, mode, autoscaled_to)
    if count == 0:
        return (
            "Idle: nothing. No instance runs while the queue is empty, and a request waits a few "
            "minutes for the first one."
        )
    each = f"Idle: {count} x {hosting.instance_type}, all day"
    if price is None:
        return f"{each}. No price is known: run `modeldrop prices --refresh`, or set {PARAMETER}."
    return f"{each}: {Price(price.instance, count).month} per month ({price.source})."


def schedule_price(schedule: Schedule, count: int, price: Price | None) -> str:
    """Describe what a model with a schedule costs, compared with one that is always awake.

    Args:
        schedule: the schedule of the model.
        count: the number of instances that run without any request.
        price: the price of the instances; None if it is unknown.
    """
    share = awake_share(schedule)
    hours = hours_awake(share).capitalize()
    if price is None or count == 0:
        return f"{hours}."
    always, scheduled = Price(price.instance, count), Price(price.instance, count, share)
    return f"{hours}: {scheduled.month} per month instead of {always.month} ({price.source})."
