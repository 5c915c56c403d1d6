"""The known prices of instances, with their sources.

The stack parameter HourlyPrices takes precedence, because a contract may have other prices than
AWS's list. Next is the list that `modeldrop prices --refresh` fetched, in one dated file per
Region.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from model_packager.sagemaker.price import InstancePrice, currency_of, parameter_prices
from modeldrop.stack.price_list import hosting_prices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boto3 import Session

    from modeldrop.stack.parameters import StackParameters

_LARGEST_FILE = 1024 * 1024


class PriceFile(BaseModel):
    """The price file of a Region.

    Attributes:
        fetched: when the prices were fetched.
        region: the Region of the prices.
        currency: the currency, such as USD.
        hourly: the price of each instance type per hour.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fetched: datetime
    region: str
    currency: str
    hourly: dict[str, Decimal]

    @property
    def source(self) -> str:
        """The source of these prices, with its date."""
        return f"AWS Price List, fetched {self.fetched:%Y-%m-%d}"


def price_file(region: str) -> Path:
    """Return the path of a Region's file, in the user's cache (XDG Base Directory)."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "modeldrop" / "prices" / f"{region}.json"


def refresh(session: Session, region: str) -> PriceFile:
    """Fetch the prices of a Region with the user's credentials, and store them.

    Raises:
        ClientError: AWS rejects the request; the caller needs pricing:GetProducts.
        CommandError: the list has no such prices.
    """
    currency = currency_of(region)
    fetched = PriceFile(
        fetched=datetime.now(UTC),
        region=region,
        currency=currency,
        hourly=hosting_prices(session, region, currency),
    )
    file = price_file(region)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(fetched.model_dump_json(indent=2), encoding="utf-8")
    return fetched


def read_prices(region: str) -> PriceFile | None:
    """Return the stored prices of a Region; None without a valid file."""
    file = price_file(region)
    try:
        if file.stat().st_size > _LARGEST_FILE:
            return None
        return PriceFile.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None


def known_prices(stack: StackParameters) -> Mapping[str, InstancePrice]:
    """Return the prices by instance type, for a stack."""
    fetched = read_prices(stack.region)
    listed = (
        {
            each: InstancePrice(amount, fetched.currency, fetched.source)
            for each, amount in fetched.hourly.items()
        }
        if fetched
        else {}
    )
    return listed | parameter_prices(stack.values["HourlyPrices"], stack.region)
