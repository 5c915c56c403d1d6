"""The cost of an endpoint, from the prices in the stack's parameters: Modeldrop has none."""

from dataclasses import dataclass
from decimal import Decimal

from model_packager.sagemaker.hosting import Hosting
from model_packager.spec.hosting_mode import HostingMode

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


def staging_price(hosting: Hosting, price: Price | None) -> str:
    """Describe in one sentence what the staging endpoint of an update costs.

    Args:
        hosting: of the staging endpoint.
        price: of its instances; None if it is unknown.
    """
    if hosting.serverless is not None:
        return "SageMaker bills the requests of that test."
    each = f"{hosting.capacity} is billed until that test has ended"
    return f"{each}." if price is None else f"{each}, {price.hour} per hour (HourlyPrices)."


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
        return mode.least_instances
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
            "Idle: nothing. No instance runs while the queue is empty, and a request waits some "
            "minutes for the first one."
        )
    each = f"Idle: {count} x {hosting.instance_type}, all day"
    if price is None:
        return f"{each}. The stack's parameter HourlyPrices has no price for this type."
    month = price.instance_hour * count * HOURS_A_MONTH
    return f"{each}: {month:,.0f} {price.currency} per month (HourlyPrices)."
