"""Reads the hourly prices of SageMaker's hosting instances from the AWS Price List.

GetProducts (AWS Price List Query API) returns one JSON text for each product. Hosting products have
the product family "ML Instance" and the component "Hosting".
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from modeldrop.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from boto3 import Session

SERVICE_CODE = "AmazonSageMaker"

MAX_PAGES = 100
"""The maximum pages of 100 products. A Region has about a thousand ML instances."""


class NoPrices(CommandError):
    """The price list has no prices of hosting instances for the Region."""


def hosting_prices(session: Session, region: str, currency: str) -> dict[str, Decimal]:
    """Return the price per hour of each instance type, without discounts.

    A type with two different prices is omitted.

    Args:
        session: the session with the credentials.
        region: the Region of the endpoints.
        currency: the currency of the prices.

    Raises:
        ClientError: AWS rejects the request; the caller needs pricing:GetProducts.
        NoPrices: the list has no such prices.
    """
    found: dict[str, set[Decimal]] = {}
    for product in _products(session, region):
        instance_type = _hosting_type(product)
        if instance_type is not None:
            found.setdefault(instance_type, set()).update(_hourly(product, currency))
    prices = {each: amounts.pop() for each, amounts in sorted(found.items()) if len(amounts) == 1}
    if not prices:
        raise NoPrices(
            f"The AWS Price List has no prices of hosting instances in {region}.",
            "Check the Region; or set the stack's parameter HourlyPrices.",
        )
    return prices


def _products(session: Session, region: str) -> Iterator[Mapping[str, Any]]:
    client: Any = session.client("pricing", region_name=_endpoint_region(region))
    pages = client.get_paginator("get_products").paginate(
        ServiceCode=SERVICE_CODE,
        Filters=[
            {"Type": "TERM_MATCH", "Field": "regionCode", "Value": region},
            {"Type": "TERM_MATCH", "Field": "productFamily", "Value": "ML Instance"},
        ],
        FormatVersion="aws_v1",
        PaginationConfig={"PageSize": 100, "MaxItems": 100 * MAX_PAGES},
    )
    for page in pages:
        for text in page["PriceList"]:
            yield json.loads(text)


def _endpoint_region(region: str) -> str:
    """Return a Region with an endpoint of the API, which China has, too (AWS General Reference)."""
    return "cn-northwest-1" if region.startswith("cn-") else "us-east-1"


def _hosting_type(product: Mapping[str, Any]) -> str | None:
    attributes = product.get("product", {}).get("attributes", {})
    name = attributes.get("instanceName", "")
    is_hosting = "Hosting" in (attributes.get("component"), attributes.get("platoinstancetype"))
    return name if is_hosting and name.startswith("ml.") else None


def _hourly(product: Mapping[str, Any], currency: str) -> Iterator[Decimal]:
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        for dimension in term.get("priceDimensions", {}).values():
            try:
                amount = Decimal(dimension.get("pricePerUnit", {})[currency])
            except (KeyError, InvalidOperation):
                continue
            if dimension.get("unit") in ("Hrs", "Hours", "hours") and amount > 0:
                yield amount.normalize()
